"""The outbox and its sender, on real databases and with a real receiver."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from services.clock import now_ms
from services.errors import ErrorCode, InvalidState, failed
from services.files.store import FileStore
from services.http.client import Client
from services.http.guard import Guard
from services.store import outbox, writes
from services.store.outbox import Limits
from services.store.records import (
    Delivery,
    DeliveryState,
    EventType,
    PageRequest,
    ProgressUpdate,
    Stage,
    StageProgress,
    Task,
)
from services.webhooks.delivery import (
    MAX_AGE_MS,
    PAUSES_SECONDS,
    TIMEOUTS,
    WebhookSender,
    after_attempt,
    signed_headers,
)
from tests.services.tasks.conftest import OWNER, Scenario, Tasks
from tests.support.receiver import receiving

Run = Callable[[Scenario], None]
SECRET = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()
ALL = (EventType.STATUS_CHANGED, EventType.STAGE_CHANGED, EventType.PROGRESS)


def sender(tasks: Tasks, host: str) -> WebhookSender:
    registry: Any = SimpleNamespace(is_leader=True)
    files = FileStore.of(tasks.settings)
    return WebhookSender(tasks.database, registry, files, Guard((host,)), SECRET, lambda _: None)


@asynccontextmanager
async def client(host: str) -> AsyncGenerator[Client]:
    async with Client(Guard((host,)), TIMEOUTS) as opened:
        yield opened


async def deliveries_of(tasks: Tasks, task: Task) -> list[Delivery]:
    """The task's deliveries, oldest first."""
    return (await tasks.manager.deliveries(OWNER, task.id, PageRequest()))[::-1]


async def advanced(tasks: Tasks, task: Task, stage: Stage) -> Task:
    stages = (*task.stages, StageProgress(stage=stage, started_at_ms=now_ms()))
    update = ProgressUpdate(type=EventType.STAGE_CHANGED, stages=stages, progress=30)
    return await tasks.write(writes.advance, task, update)


def test_the_signature_is_that_of_the_specifications_example() -> None:
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_task_tells_its_webhook_of_what_it_asked_for_in_order(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        with receiving() as receiver:
            task = await tasks.claimed(webhook_url=receiver.url, webhook_events=ALL, metadata={"mine": "é"})
            await advanced(tasks, task, Stage.PARSING_DRAFT)
            async with client(receiver.host) as http:
                while await sender(tasks, receiver.host).send_due(http):
                    pass
            came = [receiver.next() for _ in range(3)]
        assert all(message.genuine(SECRET) for message in came)
        assert [message.headers["webhook-id"] for message in came] == [f"{task.id}.{seq}" for seq in (1, 2, 3)]
        assert [message.json["type"] for message in came][1:] == ["videoTask.statusChanged", "videoTask.stageChanged"]
        data = came[1].json["data"]
        assert data["event"] == {
            "seq": 2,
            "type": "STATUS_CHANGED",
            "status": "PROCESSING",
            "stage": "STARTED",
            "progress": 10,
            "attempt": 1,
        }
        assert (data["task"]["id"], data["task"]["metadata"], data["task"]["seq"]) == (task.id, {"mine": "é"}, 3)
        assert [each.state for each in await deliveries_of(tasks, task)] == [DeliveryState.DELIVERED] * 3

    run(scenario)


def test_only_changes_of_status_are_told_unless_more_is_asked_for(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed(webhook_url="http://203.0.113.1.example/", draft_url="http://a.b/1")
        await advanced(tasks, task, Stage.PARSING_DRAFT)
        assert [each.seq for each in await deliveries_of(tasks, task)] == [1, 2]
        quiet = await tasks.claimed(draft_url="http://a.b/2")
        assert await deliveries_of(tasks, quiet) == []

    run(scenario)


def test_a_failing_receiver_is_tried_again_and_later_events_wait_for_their_turn(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        with receiving(500) as receiver:
            task = await tasks.claimed(webhook_url=receiver.url)
            async with client(receiver.host) as http:
                assert await sender(tasks, receiver.host).send_due(http) == 1
                assert await sender(tasks, receiver.host).send_due(http) == 0
            assert receiver.next().json["data"]["event"]["seq"] == 1
        first, second = await deliveries_of(tasks, task)
        assert (first.state, first.attempts, first.answer) == (DeliveryState.WAITING, 1, 500)
        assert now_ms() < first.due_at_ms <= now_ms() + PAUSES_SECONDS[0] * 1200
        assert (second.state, second.attempts) == (DeliveryState.WAITING, 0)

    run(scenario)


def test_what_one_process_has_taken_no_other_sends(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        await tasks.claimed(webhook_url="http://a.b/")
        for expected in (1, 0):
            async with tasks.database.write() as connection:
                taken = await outbox.take_due(connection, now_ms(), now_ms() + 60_000, LIMITS)
            assert len(taken) == expected
        async with tasks.database.write() as connection:  # and when its taker has died, it is due again
            assert len(await outbox.take_due(connection, now_ms() + 60_001, now_ms() + 120_000, LIMITS)) == 1

    run(scenario)


def test_a_repeat_may_bring_the_webhook_that_its_task_lacks_but_no_second_one(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        assert (await tasks.submit(webhook_url="http://a.b/")).id == task.id
        await tasks.write(writes.claim, await tasks.now(task))
        assert [each.seq for each in await deliveries_of(tasks, task)] == [2]
        with pytest.raises(InvalidState, match="another webhook"):
            await tasks.submit(webhook_url="http://c.d/")

    run(scenario)


def test_deliveries_are_forgotten_with_their_task(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed(webhook_url="http://a.b/")
        error = failed(ErrorCode.RENDER_FAILED, "x", "x").failure
        ended = await tasks.write(writes.fail, task, error)
        async with tasks.database.write() as connection:
            assert await writes.remove(connection, ended)
            assert await outbox.waiting_count(connection) == 0

    run(scenario)


LIMITS = Limits(10, 10)
WAITING = Delivery(task_id="t", seq=1, state=DeliveryState.WAITING, attempts=1, created_at_ms=0, due_at_ms=0)


@pytest.mark.parametrize(
    ("answer", "now", "state"),
    [
        (200, 0, DeliveryState.DELIVERED),
        (299, MAX_AGE_MS * 2, DeliveryState.DELIVERED),
        (302, 0, DeliveryState.WAITING),
        (410, 0, DeliveryState.FAILED),
        (500, MAX_AGE_MS, DeliveryState.FAILED),
        (None, 0, DeliveryState.WAITING),
    ],
)
def test_a_delivery_ends_with_a_good_answer_410_or_after_a_day(
    answer: int | None, now: int, state: DeliveryState
) -> None:
    assert after_attempt(WAITING, now, answer, None).state is state


def test_the_pauses_grow_to_an_hour() -> None:
    for tried, plain in ((1, 5), (2, 30), (3, 120), (9, 3600), (30, 3600)):
        due_ms = after_attempt(replace(WAITING, attempts=tried), 0, 500, None).due_at_ms
        assert 0.8 * plain <= due_ms / 1000 <= 1.2 * plain
