"""The part protocol with our own renderer: requests on its stdout, orders on its stdin."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from services.errors import ErrorCode, failed
from services.exporter_protocol import PartRequest

NextOrder: TypeAlias = Callable[[PartRequest], Awaitable[dict[str, Any] | None]]
"""Gives the order that follows a question; None: there is none any more."""
Said = TypeVar("Said")
MAX_QUEUED = 2
"""Questions; the renderer asks one at a time."""
CHILD_GONE = (ConnectionError, RuntimeError)
"""How writing to a child fails that has gone already; the second is uvloop's word for it."""


async def run_part_protocol(
    stdin: asyncio.StreamWriter,
    read: Callable[[Callable[[PartRequest], None]], Coroutine[Any, Any, Said]],
    next_order: NextOrder,
) -> Said:
    """Read on while an answer is looked for. `read` is given what to do with a question, and its result is ours.
    Raises what either raises.
    """
    asked: asyncio.Queue[PartRequest] = asyncio.Queue(MAX_QUEUED)

    def ask(request: PartRequest) -> None:
        if asked.full():
            raise failed(
                ErrorCode.INTERNAL,
                "The renderer does not wait for the answer to its question.",
                "渲染程序未等待答复就继续提问。",
            )
        asked.put_nowait(request)

    reading = asyncio.create_task(read(ask))
    answering = asyncio.create_task(_give_orders(stdin, asked, next_order))
    try:
        await asyncio.wait({reading, answering}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() and not reading.done():
            await answering
        return await reading
    finally:
        for each in (reading, answering):
            each.cancel()
        await asyncio.gather(reading, answering, return_exceptions=True)


async def _give_orders(stdin: asyncio.StreamWriter, asked: asyncio.Queue[PartRequest], next_order: NextOrder) -> None:
    """An order for each question; ends when there is none any more, or nobody who takes it."""
    while order := await next_order(await asked.get()):
        try:
            stdin.write(json.dumps(order).encode() + b"\n")
            await stdin.drain()
        except CHILD_GONE:
            break
    stdin.close()
