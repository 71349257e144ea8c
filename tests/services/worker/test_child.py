"""A child ends in its own time, whatever happens to its owner."""

import asyncio
from pathlib import Path

import pytest

from services.worker.child import child

SLOW_TO_END = "trap 'kill $!; echo ended > ended; exit' TERM; echo ready; sleep 60 & wait"
SECONDS = 30


@pytest.mark.parametrize("cancels", [1, 3])
def test_an_owner_that_is_cancelled_again_waits_for_the_end_of_its_child(tmp_path: Path, cancels: int) -> None:
    ready = asyncio.Event()

    async def owner() -> None:
        async with child(("sh", "-c", SLOW_TO_END), tmp_path) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
            ready.set()
            await asyncio.Event().wait()

    async def scenario() -> None:
        owning = asyncio.create_task(owner())
        async with asyncio.timeout(SECONDS):
            await ready.wait()
            for _ in range(cancels):
                owning.cancel()
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await owning

    asyncio.run(scenario())
    assert (tmp_path / "ended").exists()
