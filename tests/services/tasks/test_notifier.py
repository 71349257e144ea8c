# pyright: reportPrivateUsage=false
# The test breaks a part from inside.
import asyncio
from collections.abc import Awaitable, Callable

import pytest
from broadcaster import Broadcast

from services.live import notifier as notifier_module
from services.live.notifier import ALL_TASKS, CHANNEL, ChangeNotifier
from tests.support.programs import free_port


def run(scenario: Callable[[ChangeNotifier], Awaitable[None]]) -> None:
    async def whole() -> None:
        notifier = ChangeNotifier("memory://")
        async with asyncio.timeout(30), notifier.run():
            await scenario(notifier)

    asyncio.run(whole())


def test_a_ring_wakes_the_listeners_of_its_task_and_of_everything() -> None:
    async def scenario(notifier: ChangeNotifier) -> None:
        with (
            notifier.listen("a") as a,
            notifier.listen("a") as also,
            notifier.listen("b") as b,
            notifier.listen(ALL_TASKS) as all_,
        ):
            notifier.notify("a", 1)
            assert await a.wait(5)
            assert await also.wait(5)
            assert await all_.wait(5)
            assert not await b.wait(0.01)

    run(scenario)


def test_rings_before_a_wait_are_heard_once() -> None:
    async def scenario(notifier: ChangeNotifier) -> None:
        with notifier.listen("a") as signal, notifier.listen("a") as other:
            for seq in range(100):
                notifier.notify("a", seq)
            assert await other.wait(5)
            assert await signal.wait(5)
            assert not await signal.wait(0.01)

    run(scenario)


def test_a_listener_that_has_left_is_forgotten() -> None:
    async def scenario(notifier: ChangeNotifier) -> None:
        with notifier.listen("a"):
            pass
        assert not notifier._signals

    run(scenario)


def test_a_doorbell_whose_listener_died_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "HEARTBEAT_SECONDS", 0.05)
    made: list[Broadcast] = []
    connect = Broadcast.connect

    async def remembered(self: Broadcast) -> None:
        made.append(self)
        await connect(self)

    monkeypatch.setattr(Broadcast, "connect", remembered)

    async def scenario(notifier: ChangeNotifier) -> None:
        made[0]._listener_task.cancel()
        with notifier.listen("a") as signal:
            while len(made) < 2:
                await signal.wait(0.05)
            while not notifier._signals or not made[-1]._subscribers.get(CHANNEL):
                await signal.wait(0.05)
            notifier.notify("a", 1)
            assert await signal.wait(5)
        assert notifier.rebuilds >= 1

    run(scenario)


def test_a_backend_that_cannot_be_reached_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    async def whole() -> None:
        notifier = ChangeNotifier(f"redis://127.0.0.1:{free_port()}")
        with monkeypatch.context() as patched:
            patched.setattr(notifier_module, "PUBLISH_TIMEOUT_SECONDS", 0.5)  # how long the start waits for it
            async with asyncio.timeout(30), notifier.run():
                assert notifier.rebuilds >= 1
                running = {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}
                assert running == {"change notifier"}

    asyncio.run(whole())
