"""The part protocol with our own renderer: requests on its stdout, orders on its stdin."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from services.errors import ErrorCode, failed
from services.exporter_protocol.lines import PartRequest

NextOrder: TypeAlias = Callable[[PartRequest], Awaitable[dict[str, Any] | None]]
"""Returns the order for a request; None: there is none any more."""
Value = TypeVar("Value")
MAX_QUEUED = 2
"""Maximum number of queued requests; the renderer sends one at a time."""
CHILD_GONE = (ConnectionError, RuntimeError)
"""Errors of a write to a child that has ended; the second is that of uvloop."""


async def run_part_protocol(
    stdin: asyncio.StreamWriter,
    read: Callable[[Callable[[PartRequest], None]], Coroutine[Any, Any, Value]],
    next_order: NextOrder,
) -> Value:
    """Answer requests while `read` reads lines; it is given a callback for requests, and its result is returned. Raises
    the errors of both.
    """
    requests: asyncio.Queue[PartRequest] = asyncio.Queue(MAX_QUEUED)

    def ask(request: PartRequest) -> None:
        if requests.full():
            raise failed(
                ErrorCode.INTERNAL,
                "The renderer does not wait for the order to its request.",
                "渲染程序未等待指令就继续发送请求。",
            )
        requests.put_nowait(request)

    reading = asyncio.create_task(read(ask))
    answering = asyncio.create_task(_give_orders(stdin, requests, next_order))
    try:
        await asyncio.wait({reading, answering}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() and not reading.done():
            await answering
        return await reading
    finally:
        for each in (reading, answering):
            each.cancel()
        await asyncio.gather(reading, answering, return_exceptions=True)


async def _give_orders(
    stdin: asyncio.StreamWriter, requests: asyncio.Queue[PartRequest], next_order: NextOrder
) -> None:
    """Send an order for each request; ends when there is none, or the child has ended."""
    while order := await next_order(await requests.get()):
        try:
            stdin.write(json.dumps(order).encode() + b"\n")
            await stdin.drain()
        except CHILD_GONE:
            break
    stdin.close()
