"""Background jobs of a service: coroutines that run while a block lasts, and loops with pauses."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from services.errors import StoreUnavailable

log = logging.getLogger(__name__)


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


async def every(seconds: float, name: str, step: Callable[[], Awaitable[object]]) -> NoReturn:
    """Await `step` after each pause. Its failures are logged; none ends the loop."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except StoreUnavailable as error:
            log.warning("%s: the database is unavailable: %s", name, str(error).partition("\n")[0])
        except Exception:
            log.exception("%s failed; retrying", name)
