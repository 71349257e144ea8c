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
    """A reader that takes letters while it is `free`."""

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
    mailbox: SubscriberQueue[str] = SubscriberQueue()
    mailbox.open([], {})
    return mailbox


def left_in(mailbox: SubscriberQueue[str]) -> list[str]:
    reader = Slow()
    mailbox.attach(reader)
    return reader.taken


def test_a_percentage_gives_way_to_any_newer_event_of_its_task_and_a_milestone_to_none() -> None:
    mailbox = opened()
    kinds = [PROGRESS, PROGRESS, STAGE, PROGRESS, STATUS, PROGRESS, PROGRESS]
    for seq, kind in enumerate(kinds, 1):
        mailbox.put(event(seq, kind), str(seq))
    assert left_in(mailbox) == ["3", "5", "7"]


def test_percentages_of_different_tasks_do_not_replace_each_other() -> None:
    mailbox = opened()
    for seq in (1, 2):
        for task_id in ("a", "b"):
            mailbox.put(event(seq, PROGRESS, task_id), f"{task_id}{seq}")
    assert left_in(mailbox) == ["a2", "b2"]


def test_what_was_told_before_is_not_told_again() -> None:
    mailbox: SubscriberQueue[str] = SubscriberQueue()
    for seq in (3, 4, 5):
        mailbox.put(event(seq, STAGE), str(seq))
    mailbox.open(["snapshot of 4"], {"1": 4})
    mailbox.put(event(4, STAGE), "4 again")
    mailbox.put(event(6, STAGE), "6")
    assert left_in(mailbox) == ["snapshot of 4", "5", "6"]


def test_a_reader_gets_letters_at_once_and_what_it_could_not_take_later_in_order() -> None:
    mailbox, reader = opened(), Slow()
    mailbox.attach(reader)
    mailbox.put(event(1, STAGE), "1")
    reader.free = False
    for seq in (2, 3, 4):
        mailbox.put(event(seq, STAGE if seq == 2 else PROGRESS), str(seq))
    reader.free = True
    mailbox.put(event(5, STAGE), "5")
    assert reader.taken == ["1"]
    mailbox.deliver()
    assert reader.taken == ["1", "2", "5"]


def test_the_last_letter_ends_it_once_it_is_taken() -> None:
    mailbox, reader = opened(), Slow()
    mailbox.attach(reader)
    reader.free = False
    mailbox.put(event(1, STATUS), "1", last=True)
    assert not reader.ended
    reader.free = True
    mailbox.deliver()
    mailbox.put(event(2, STATUS), "2")
    assert (reader.taken, reader.ended) == (["1"], [None])


def test_a_retry_that_comes_before_the_end_was_told_goes_on() -> None:
    mailbox = opened()
    mailbox.put(event(1, STATUS), "failed", last=True)
    mailbox.put(event(2, STATUS), "waiting again")
    reader = Slow()
    mailbox.attach(reader)
    assert (reader.taken, reader.ended) == (["failed", "waiting again"], [])


def test_an_end_that_was_told_before_it_opened_completes_it() -> None:
    async def read() -> list[str]:
        mailbox: SubscriberQueue[str] = SubscriberQueue()
        mailbox.put(event(7, STATUS), "7", last=True)
        mailbox.open(["snapshot of 7"], {"1": 7}, complete=True)
        return [message async for message in mailbox]

    assert asyncio.run(read()) == ["snapshot of 7"]


def test_a_subscriber_queue_is_bounded() -> None:
    async def read(mailbox: SubscriberQueue[str]) -> None:
        await anext(mailbox)

    mailbox = opened()
    for seq in range(MAX_BACKLOG + 1):
        mailbox.put(event(seq, STAGE), "x")
    with pytest.raises(SlowConsumer):
        asyncio.run(read(mailbox))
