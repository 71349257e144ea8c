"""Watches a draft's newest task over a websocket with the Python package gql.

    pip install 'gql[aiohttp]'
    python python_gql.py DRAFT_URL

gql does not subscribe again by itself when the connection breaks, so a loop does; with `after` the
server goes on where it broke.
"""

import asyncio
import os
import sys

from gql import Client, gql
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportConnectionFailed

SERVER = os.environ.get("DRAFTCAST_SERVER", "http://127.0.0.1:8000")
WATCH = gql("""
subscription Watch($draftUrl: URL, $after: Int) {
  videoTaskProgress(draftUrl: $draftUrl, after: $after) { seq status stage progress task { videoUrl } }
}
""")


async def watch(draft_url: str) -> None:
    """Print each event until the final state."""
    after: int | None = None
    while True:
        transport = AIOHTTPWebsocketsTransport(url=SERVER.replace("http", "ws", 1) + "/graphql")
        WATCH.variable_values = {"draftUrl": draft_url, "after": after}
        try:
            async with Client(transport=transport) as session:
                async for result in session.subscribe(WATCH):
                    event = result["videoTaskProgress"]
                    after = event["seq"]
                    video_url = event["task"]["videoUrl"] or ""
                    print(event["seq"], event["status"], event["stage"], f"{event['progress']}%", video_url, flush=True)
        except (TransportConnectionFailed, OSError):
            await asyncio.sleep(1)
        else:
            return


asyncio.run(watch(sys.argv[1]))
