"""Background jobs of a service: coroutines that run while a block lasts, loops with pauses, and long loops that let
others have their turn.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

from services.errors import StoreUnavailable

log = logging.getLogger(__name__)

Found = TypeVar("Found")
AT_A_TIME = 50
"""Items of a long loop in one stretch of the event loop; each may take a tenth of a millisecond."""
RETRY_SECONDS = 0.5
"""Pause between two attempts to reach an unavailable database."""


@asynccontextmanager
async def background(name: str, *jobs: Coroutine[Any, Any, object]) -> AsyncGenerator[None]:
    """Run the jobs while the block lasts; at its end they are cancelled and awaited."""
    tasks = [asyncio.create_task(job, name=name) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, name: str, step: Callable[[], Awaitable[object]], *, at_once: bool = False) -> NoReturn:
    """Await `step` after each pause, and before the first one if `at_once`. Its failures are logged; none ends the
    loop.
    """
    pause_seconds = 0.0 if at_once else seconds
    while True:
        await asyncio.sleep(pause_seconds)
        pause_seconds = seconds
        try:
            await step()
        except StoreUnavailable as error:
            log.warning("%s: the database is unavailable: %s", name, str(error).partition("\n")[0])
        except Exception:
            log.exception("%s failed; retrying", name)


async def in_turns(items: Iterable[Found]) -> AsyncGenerator[Found]:
    """The items; after every `AT_A_TIME` the other tasks of the event loop have their turn."""
    for number, item in enumerate(items, 1):
        yield item
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)


async def patiently(ask: Callable[[], Awaitable[Found]]) -> Found:
    """The result of `ask`, which is repeated while the database is unavailable."""
    while True:
        try:
            return await ask()
        except StoreUnavailable as error:
            log.warning("waiting for the database: %s", error)
        await asyncio.sleep(RETRY_SECONDS)
