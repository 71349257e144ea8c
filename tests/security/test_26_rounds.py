"""One item's trouble ends nobody else's round: webhooks that cannot be sent, receivers that are slow, and files that
cannot be removed hold up their own owner alone.
"""

import asyncio
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from services.clock import now_ms
from services.errors import InvalidInput
from services.files.store import FileStore
from services.http.client import Client
from services.http.guard import Guard
from services.store import writes
from services.store.records import DeliveryState, PageRequest, Task, TaskRequest
from services.store.tables import deliveries
from services.store.tables import tasks as table
from services.webhooks.delivery import AT_ONCE_OF_OWNER, MAX_ATTEMPTS, TIMEOUTS, WebhookSender
from tests.services.conftest import database_url, migrated
from tests.services.tasks.conftest import OWNER, Scenario, Tasks, run
from tests.services.tasks.test_maintenance import alter, keeping
from tests.services.tasks.test_manager import VIDEO
from tests.support.receiver import receiving

__all__ = ["database_url", "migrated", "run"]  # fixtures of the task manager's own tests

Run = Callable[[Scenario], None]
SECRET = "whsec_" + "A" * 32
IMPOSSIBLE = ["http://" + "a" * 64 + ".example/", "http://a..b/", "http://./", "http://xn--a/"]


def sender(tasks: Tasks) -> WebhookSender:
    registry: Any = SimpleNamespace(is_leader=True)
    return WebhookSender(
        tasks.database, registry, FileStore.of(tasks.settings), Guard(("127.0.0.1",)), SECRET, lambda _: None
    )


async def of(tasks: Tasks, owner: str, number: int, webhook: str) -> Task:
    """A task of that owner, whose webhook nobody has looked at."""
    submitted = await tasks.manager.submit(owner, TaskRequest(draft_url=f"http://drafts.example/{number}"))
    await alter(tasks, submitted.task, webhook_url=webhook, webhook_events=["STATUS_CHANGED"])
    return await tasks.write(writes.claim, await tasks.now(submitted.task))


@pytest.mark.parametrize("url", IMPOSSIBLE[:3])
def test_a_webhook_of_a_host_that_cannot_exist_is_refused_at_the_submit(run: Run, url: str) -> None:
    async def scenario(tasks: Tasks) -> None:
        with pytest.raises(InvalidInput, match="webhookUrl"):
            await tasks.submit(webhook_url=url)

    run(scenario)


def test_a_webhook_that_cannot_be_sent_settles_and_others_are_sent_in_the_same_round(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        with receiving() as receiver:
            poison = [await of(tasks, OWNER, number, url) for number, url in enumerate([*IMPOSSIBLE, ""])]
            await of(tasks, "victim", 9, receiver.url)
            async with Client(Guard((receiver.host,)), TIMEOUTS) as client:
                assert await sender(tasks).send_due(client) == len(poison) + 1
            receiver.next()
        for task in poison:
            [told] = await tasks.manager.deliveries(OWNER, task.id, PageRequest())
            assert (told.state, told.attempts, bool(told.error)) == (DeliveryState.WAITING, 1, True)
            assert told.due_at_ms > now_ms()

    run(scenario)


def test_a_webhook_whose_sender_always_ends_is_given_up(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await of(tasks, OWNER, 1, "http://a.example/")
        async with tasks.database.write() as connection:
            await connection.execute(sa.update(deliveries).values(attempts=MAX_ATTEMPTS))
        async with Client(Guard(()), TIMEOUTS) as client:
            await sender(tasks).send_due(client)
        [told] = await tasks.manager.deliveries(OWNER, task.id, PageRequest())
        assert told.state is DeliveryState.FAILED

    run(scenario)


def test_receivers_that_never_answer_hold_up_their_own_owner_alone(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        with socket.create_server(("127.0.0.1", 0)) as deaf, receiving() as receiver:
            for number in range(40):
                await of(tasks, OWNER, number, f"http://127.0.0.1:{deaf.getsockname()[1]}/")
            async with Client(Guard(("127.0.0.1",)), TIMEOUTS) as client:
                sending = asyncio.create_task(sender(tasks).send_due(client))
                async with asyncio.timeout(10):  # less than it takes to give up one of those that never answer
                    await of(tasks, "victim", 50, receiver.url)
                    await asyncio.to_thread(receiver.next)
                async with tasks.database.read() as connection:
                    tried = sa.select(sa.func.count()).where(deliveries.c.attempts > 0)
                    assert await connection.scalar(tried) == AT_ONCE_OF_OWNER + 1
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    run(scenario)


def test_a_file_that_cannot_be_removed_keeps_its_own_task_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks, keep_days=1) as (maintenance, files):
            old: list[Task] = []
            for number in range(4):
                task = await tasks.claimed(draft_url=f"http://a.example/{number}")
                old.append(await tasks.write(writes.complete, task, list(task.stages), VIDEO))
                await alter(tasks, task, completed_at_ms=1 + number)
            folder = tasks.settings.data_dir / "files" / "videos" / old[0].id
            remove = files.delete

            async def stuck(prefix: str) -> None:
                if old[0].id in prefix:
                    raise PermissionError(1, "Operation not permitted", str(folder))
                await remove(prefix)

            monkeypatch.setattr(files, "delete", stuck)
            await maintenance.sweep()
            async with tasks.database.read() as connection:
                left = list((await connection.execute(sa.select(table.c.id))).scalars())
            assert left == [old[0].id]

    run(scenario)
