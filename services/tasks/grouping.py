"""Group commit: what is asked for while one transaction runs is done in the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from services.errors import StoreUnavailable

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


class Grouping(Generic[Wanted, Found]):
    """Does things in groups of at most `largest`, one after the other, in the order of their callers. `do` returns the
    results of a group. When it raises, each thing is done alone and has its own error; but an unavailable database
    is that for the whole group.
    """

    def __init__(self, do: Callable[[Sequence[Wanted]], Awaitable[Sequence[Found]]], largest: int) -> None:
        self._do = do
        self._largest = largest
        self._waiting: list[tuple[Wanted, asyncio.Future[Found]]] = []
        self._running: asyncio.Task[None] | None = None

    async def one(self, wanted: Wanted) -> Found:
        """The result of one thing. Raises what `do` raises. It may be done even where the caller is cancelled."""
        future: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def close(self) -> None:
        """End what runs; who still waits is cancelled."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        for _, future in self._waiting:
            future.cancel()
        self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting:
            group = [(wanted, future) for wanted, future in self._waiting[: self._largest] if not future.done()]
            del self._waiting[: self._largest]
            if group:
                await self._group(group)
        self._running = None

    async def _group(self, group: Sequence[tuple[Wanted, asyncio.Future[Found]]]) -> None:
        try:
            results = await self._do([wanted for wanted, _ in group])
        except asyncio.CancelledError:
            for _, future in group:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - each caller gets it
            if len(group) == 1 or isinstance(error, StoreUnavailable):
                for future in (future for _, future in group if not future.done()):
                    future.set_exception(error)
                return
            for each in group:
                await self._group([each])
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)
