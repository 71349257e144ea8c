import asyncio
from dataclasses import replace

import pytest

from services.live.event_stream import snapshot
from services.live.subscriber_queue import MAX_BACKLOG, SlowConsumer, SubscriberQueue
from services.store.records import EventType, TaskEvent
from tests.support.tasks import running_task

PROGRESS, STAGE, STATUS = EventType.PROGRESS, EventType.STAGE_CHANGED, EventType.STATUS_CHANGED


def event(seq: int, kind: EventType = PROGRESS, task_id: str = "1") -> TaskEvent:
    return replace(snapshot(running_task(), seq), task_id=task_id, seq=seq, type=kind)


class Slow:
    """A subscriber that takes messages while it is `free`."""

    def __init__(self) -> None:
        self.free = True
        self.taken: list[str] = []
        self.ended: list[Exception | None] = []

    def take(self, message: str) -> bool:
        if self.free:
            self.taken.append(message)
        return self.free

    def end(self, error: Exception | None) -> None:
        self.ended.append(error)


def opened() -> SubscriberQueue[str]:
    queue: SubscriberQueue[str] = SubscriberQueue()
    queue.open([], {})
    return queue


def left_in(queue: SubscriberQueue[str]) -> list[str]:
    subscriber = Slow()
    queue.attach(subscriber)
    return subscriber.taken


def test_a_percentage_gives_way_to_any_newer_event_of_its_task_and_a_milestone_to_none() -> None:
    queue = opened()
    kinds = [PROGRESS, PROGRESS, STAGE, PROGRESS, STATUS, PROGRESS, PROGRESS]
    for seq, kind in enumerate(kinds, 1):
        queue.put(event(seq, kind), str(seq))
    assert left_in(queue) == ["3", "5", "7"]


def test_percentages_of_different_tasks_do_not_replace_each_other() -> None:
    queue = opened()
    for seq in (1, 2):
        for task_id in ("a", "b"):
            queue.put(event(seq, PROGRESS, task_id), f"{task_id}{seq}")
    assert left_in(queue) == ["a2", "b2"]


def test_what_was_delivered_before_is_not_delivered_again() -> None:
    queue: SubscriberQueue[str] = SubscriberQueue()
    for seq in (3, 4, 5):
        queue.put(event(seq, STAGE), str(seq))
    queue.open(["snapshot of 4"], {"1": 4})
    queue.put(event(4, STAGE), "4 again")
    queue.put(event(6, STAGE), "6")
    assert left_in(queue) == ["snapshot of 4", "5", "6"]


def test_a_subscriber_gets_messages_at_once_and_those_it_could_not_take_later_in_order() -> None:
    queue, subscriber = opened(), Slow()
    queue.attach(subscriber)
    queue.put(event(1, STAGE), "1")
    subscriber.free = False
    for seq in (2, 3, 4):
        queue.put(event(seq, STAGE if seq == 2 else PROGRESS), str(seq))
    subscriber.free = True
    queue.put(event(5, STAGE), "5")
    assert subscriber.taken == ["1"]
    queue.deliver()
    assert subscriber.taken == ["1", "2", "5"]


def test_the_last_message_ends_the_queue_once_it_is_taken() -> None:
    queue, subscriber = opened(), Slow()
    queue.attach(subscriber)
    subscriber.free = False
    queue.put(event(1, STATUS), "1", last=True)
    assert not subscriber.ended
    subscriber.free = True
    queue.deliver()
    queue.put(event(2, STATUS), "2")
    assert (subscriber.taken, subscriber.ended) == (["1"], [None])


def test_a_retry_that_comes_before_the_end_was_delivered_goes_on() -> None:
    queue = opened()
    queue.put(event(1, STATUS), "failed", last=True)
    queue.put(event(2, STATUS), "waiting again")
    subscriber = Slow()
    queue.attach(subscriber)
    assert (subscriber.taken, subscriber.ended) == (["failed", "waiting again"], [])


def test_an_end_that_the_backlog_covers_completes_the_queue() -> None:
    async def read() -> list[str]:
        queue: SubscriberQueue[str] = SubscriberQueue()
        queue.put(event(7, STATUS), "7", last=True)
        queue.open(["snapshot of 7"], {"1": 7}, complete=True)
        return [message async for message in queue]

    assert asyncio.run(read()) == ["snapshot of 7"]


def test_a_subscriber_queue_is_bounded() -> None:
    async def read(queue: SubscriberQueue[str]) -> None:
        await anext(queue)

    queue = opened()
    for seq in range(MAX_BACKLOG + 1):
        queue.put(event(seq, STAGE), "x")
    with pytest.raises(SlowConsumer):
        asyncio.run(read(queue))
