"""A client of a running server's GraphQL API, for the command line."""

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import Any

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportError, TransportQueryError

from services.errors import DraftcastError
from services.settings import KEY_VARIABLE

RECONNECTS = 30
RECONNECT_SECONDS = 1.0
TIMEOUT_SECONDS = 30

_TASK = """
fragment Shown on VideoTask {
  id draftUrl status stage progress seq attempt videoUrl
  error { code message hint retryable }
  warnings { code message segmentId }
  stages { stage done total unit }
}
"""
_SUBMIT = (
    """
mutation Submit($input: SubmitVideoTaskInput!) {
  submitVideoTask(input: $input) { created task { ...Shown } errors { code message path } }
}
"""
    + _TASK
)
_WATCH = (
    """
subscription Watch($id: ID, $draftUrl: URL, $after: Int) {
  videoTaskProgress(id: $id, draftUrl: $draftUrl, after: $after) {
    seq type status stage progress task { ...Shown }
  }
}
"""
    + _TASK
)

Json = dict[str, Any]


class ServerProblem(DraftcastError):
    """The server did not do what was asked; the text says why."""


async def submit(server: str, draft_url: str, *, strict: bool = False, webhook_url: str | None = None) -> Json:
    """Submit a draft; gives its task. Raises `ServerProblem`."""
    transport = AIOHTTPTransport(url=f"{server}/graphql", timeout=TIMEOUT_SECONDS, headers=bearer())
    try:
        async with Client(transport=transport) as session:
            request = gql(_SUBMIT)
            more = {} if webhook_url is None else {"webhookUrl": webhook_url}
            request.variable_values = {"input": {"draftUrl": draft_url, "strict": strict, **more}}
            answer = (await session.execute(request))["submitVideoTask"]
    except TransportQueryError as error:
        raise ServerProblem(_first_message(error)) from error
    except (TransportError, OSError, TimeoutError) as error:
        raise unreachable(server, error) from error
    if answer["errors"]:
        raise ServerProblem(answer["errors"][0]["message"])
    task: Json = answer["task"]
    return task


async def watch(server: str, *, task_id: str | None = None, draft_url: str | None = None) -> AsyncGenerator[Json]:
    """The task's events as they come, across reconnects; ends with the final state. Raises `ServerProblem`."""
    after: int | None = None
    failures = 0
    while True:
        try:
            async for event in _events(server, {"id": task_id, "draftUrl": draft_url, "after": after}):
                failures, after = 0, event["seq"]
                yield event
        except TransportQueryError as error:
            raise ServerProblem(_first_message(error)) from error
        except (TransportError, OSError, TimeoutError) as error:
            failures += 1
            if failures > RECONNECTS or (after is None and failures > 1):
                raise unreachable(server, error) from error
            await asyncio.sleep(RECONNECT_SECONDS)
        else:
            return


async def _events(server: str, variables: Json) -> AsyncGenerator[Json]:
    socket = f"ws{server.removeprefix('http')}/graphql"
    transport = AIOHTTPWebsocketsTransport(
        url=socket,
        subprotocols=[AIOHTTPWebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        connect_timeout=TIMEOUT_SECONDS,
        init_payload=bearer(),
    )
    async with Client(transport=transport) as session:
        request = gql(_WATCH)
        request.variable_values = variables
        async for result in session.subscribe(request):
            yield result["videoTaskProgress"]


def bearer() -> dict[str, str]:
    """The key, where there is one; connection_init takes it in the same form."""
    key = os.environ.get(KEY_VARIABLE)
    return {"Authorization": f"Bearer {key}"} if key else {}


def _first_message(error: TransportQueryError) -> str:
    return str(error.errors[0]["message"]) if error.errors else str(error)


def unreachable(server: str, error: Exception) -> ServerProblem:
    """What to tell when a server cannot be talked with."""
    reason = str(error) or type(error).__name__
    return ServerProblem(f"{server} does not answer ({reason}). Is it running? Start it with: make run")
