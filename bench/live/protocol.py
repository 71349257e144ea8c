"""The documents sent to every server (ten fields, some 330 bytes), and the orders to the bench's processes."""

import asyncio
import json
import sys
from typing import Any

WATCH = """subscription Watch($id: ID!) { videoTaskProgress(id: $id) {
  id seq type at status stage progress attempt task { draftUrl updatedAt } } }"""
ASK = """query Ask($id: ID!) { videoTask(id: $id) {
  id draftUrl status stage progress attempt seq createdAt updatedAt videoUrl } }"""
DRAFT_URL = "http://drafts.example/openapi/capcut-mate/v1/get_draft?draft_id=2026110112000{number:07d}"


async def obey(target: Any) -> None:
    """Run the orders on stdin until it ends: JSON objects, one a line, `do` names a method of `target`. Results go to
    stdout, one a line.
    """
    reader = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        print(json.dumps(await getattr(target, order.pop("do"))(**order)), flush=True)
