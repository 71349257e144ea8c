"""The task manager: one method for each query and mutation of callers."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ai_label import AiLabel
from services.background import in_turns
from services.clock import now_ms
from services.drafts.draft_urls import check_webhook
from services.errors import (
    Bilingual,
    IdempotencyConflict,
    InvalidInput,
    InvalidState,
    QueueFull,
    RequestError,
    StoreUnavailable,
    TaskNotFound,
)
from services.http.guard import Guard
from services.live.event_stream import EventStream
from services.live.task_cache import TaskCache
from services.output import STANDARD_OUTPUT, Output, OutputFormat, labelled
from services.store import lists, outbox, pages, reads, writes
from services.store.database import Database
from services.store.records import (
    Delivery,
    EventPage,
    EventType,
    Order,
    PageRequest,
    QueueState,
    Status,
    Submitted,
    Task,
    TaskChange,
    TaskFilter,
    TaskPage,
    TaskRequest,
    ThroughputPoint,
)
from services.tasks.draft_check import DraftCheck
from services.tasks.grouping import Grouping
from services.tasks.queue_quota import check_queue_quota
from services.tasks.requests import checked_request, fingerprint
from services.telemetry.log_context import bind_task
from services.telemetry.traces import NO_TRACES, Traces
from services.worker.queue.queue import WorkQueue, task_job

log = logging.getLogger(__name__)

MOST_REQUESTS = 1000
"""Requests of one `submit_all`."""
LARGEST_GROUP = 16
"""Submits of different callers in one transaction: its statements hold up the event loop."""
DEFAULT_THROUGHPUT_MINUTES, MAX_THROUGHPUT_MINUTES = 60, 24 * 60

_Wanted: TypeAlias = tuple[str, TaskRequest | RequestError]
"""The owner and the checked request of a submit, or what is wrong with it."""
_Stored: TypeAlias = Task | TaskChange | RequestError


class TaskManager:
    """Queries and mutations of tasks, all scoped by `owner`.

    Raises the `RequestError`s of services.errors for mistakes of the caller, and `StoreUnavailable` when the database
    is unavailable.
    """

    def __init__(
        self,
        database: Database,
        queue: WorkQueue,
        task_cache: TaskCache,
        *,
        max_queued: int,
        capacity: Callable[[], int],
        queued_per_key: int = 0,
        webhooks: Guard | None = None,
        traces: Traces = NO_TRACES,
        unwritable: Callable[[OutputFormat], Bilingual | None] = lambda _: None,
        drafts: DraftCheck | None = None,
        default_output: Output = STANDARD_OUTPUT,
        default_label: AiLabel | None = None,
    ) -> None:
        self._database = database
        self._queue = queue
        self.task_cache = task_cache
        self.live = EventStream(database, task_cache)
        self._max_queued = max_queued
        self._queued_per_key = queued_per_key
        self._capacity = capacity
        self._webhooks = webhooks or Guard(())
        self._traces = traces
        self._unwritable = unwritable
        self._drafts = drafts
        self._default_output = default_output
        self._default_label = default_label
        self._submits = Grouping[_Wanted, _Stored](self._store, LARGEST_GROUP)

    async def close(self) -> None:
        """End the submits that run."""
        await self._submits.close()

    async def submit(self, owner: str, request: TaskRequest) -> Submitted:
        """Create a task for the request, or return the one that it repeats.

        The same idempotency key returns its task; the same draft URL, output and replacements return their active task.
        On return the task is on disk.
        """
        began_ms = now_ms()
        checked = await self._checked_or_error(owner, request, self._deadline())
        found = self._submitted(await self._submits.one((owner, checked)), began_ms)
        if isinstance(found, RequestError):
            raise found
        return found

    async def submit_all(self, owner: str, requests: Sequence[TaskRequest]) -> list[Submitted | RequestError]:
        """Submit several requests in one transaction, in order. Returns the result or the error of each; the error of
        one ends no other.
        """
        began_ms, deadline = now_ms(), self._deadline()
        checked = [(owner, await self._checked_or_error(owner, each, deadline)) async for each in in_turns(requests)]
        found = await self._store(checked)
        return [self._submitted(each, began_ms) async for each in in_turns(found)]

    def _deadline(self) -> float:
        return self._drafts.deadline() if self._drafts else 0.0

    async def _checked_or_error(self, owner: str, request: TaskRequest, deadline: float) -> TaskRequest | RequestError:
        try:
            request = checked_request(request)
            if request.output == STANDARD_OUTPUT:
                request = replace(request, output=self._default_output)
            request = replace(request, output=labelled(request.output, self._default_label))
            await self._check_format(request.output.format)
            if request.webhook_url is not None:
                await check_webhook(request.webhook_url, self._webhooks)
            if self._drafts is not None:
                await self._drafts.check(owner, request, deadline)
        except RequestError as error:
            return error
        return request

    def _submitted(self, found: _Stored, began_ms: int) -> Submitted | RequestError:
        """The result of a stored request."""
        if isinstance(found, RequestError):
            return found
        if isinstance(found, Task):
            return Submitted(found, created=False)
        with bind_task(found.task.id):
            log.info("submitted: %s", found.task.draft_url)
        self._traces.record_request("submit", found.task, began_ms)
        return Submitted(found.task, created=True)

    async def _check_format(self, format_: OutputFormat) -> None:
        """Raises `InvalidInput` for a format that no renderer of this server can write."""
        reason = None if format_ is OutputFormat.MP4 else await asyncio.to_thread(self._unwritable, format_)
        if reason is not None:
            raise InvalidInput(Bilingual(f"{reason.en}.", f"{reason.zh}。"), path=("output", "format"))

    async def _store(self, wanted: Sequence[_Wanted]) -> list[_Stored]:
        """For each request of an owner the repeated task, the first change of a new one, or its error."""
        try:
            found = await self._store_once(wanted)
        except IntegrityError:  # a concurrent submit was faster: join its task
            found = await self._store_once(wanted)
        created = [each for each in found if isinstance(each, TaskChange)]
        if created:  # told here, as a caller may be cancelled meanwhile
            self._queue.wake()
            self.task_cache.publish(*created)
        return found

    async def _store_once(self, wanted: Sequence[_Wanted]) -> list[_Stored]:
        found: list[_Stored] = []
        async with self._database.write(small=len(wanted) <= LARGEST_GROUP) as connection:
            for owner, request in wanted:
                try:
                    if isinstance(request, RequestError):
                        raise request
                    found.append(await self._stored(connection, owner, request))
                except RequestError as error:  # raised before anything of this request is written
                    found.append(error)
            created = [task_job(each.task) for each in found if isinstance(each, TaskChange)]
            if created:
                await self._queue.enqueue(connection, created)
        return found

    async def _stored(self, connection: AsyncConnection, owner: str, request: TaskRequest) -> Task | TaskChange:
        """The task that the request repeats, by its key, or by its draft URL and variant; or a new one."""
        if request.idempotency_key is not None:
            keyed = await _keyed_task(connection, owner, request, request.idempotency_key)
            if keyed is not None:
                return keyed
        place = await writes.place(connection, owner, request.draft_url, request.variant, request.priority)
        if place.active is not None:
            active = await self._read_or_raise(connection, owner, place.active)
            await _join_webhook(connection, active, request)
            await self._bind_key(connection, owner, request, active)
            return active
        if place.waiting >= self._max_queued:
            raise QueueFull(
                Bilingual(
                    f"{place.waiting} tasks are waiting already; try again when some have ended.",
                    f"已有 {place.waiting} 个任务在排队，请稍后再试。",
                )
            )
        await check_queue_quota(connection, owner, self._queued_per_key)
        created = await writes.create(connection, owner, uuid.uuid4().hex, request, place)
        await self._bind_key(connection, owner, request, created.task)
        return created

    async def _bind_key(self, connection: AsyncConnection, owner: str, request: TaskRequest, task: Task) -> None:
        if request.idempotency_key is not None:
            await writes.remember_key(connection, owner, request.idempotency_key, task.id, fingerprint(request))

    async def cancel(self, owner: str, task_id: str) -> Task:
        """Cancel an active task. A canceled task is returned as it is."""
        began_ms = now_ms()
        async with self._database.write() as connection:
            task = await self._read_or_raise(connection, owner, task_id)
            if task.status is Status.CANCELED:
                return task
            canceled = None if task.status.final else await writes.cancel(connection, task)
            if canceled is None:
                raise InvalidState(
                    Bilingual(
                        f"The task is {task.status} and cannot be canceled.",
                        f"任务状态为 {task.status}，无法取消。",
                    )
                )
            await self._queue.cancel(connection, task.id, task.run)
        self._queue.wake()
        self.task_cache.publish(canceled)
        with bind_task(task_id):
            log.info("canceled: %s", task.draft_url)
        self._traces.record_request("cancel", canceled.task, began_ms)
        return canceled.task

    async def retry(self, owner: str, task_id: str) -> Task:
        """Requeue a failed or canceled task for a new attempt."""
        began_ms = now_ms()
        try:
            retried = await self._retry_once(owner, task_id)
        except IntegrityError:
            raise InvalidState(
                Bilingual(
                    "Another task of the same draft URL, output and replacements is active; watch that one.",
                    "同一草稿 URL、输出设置和替换内容已有进行中的任务，请关注该任务。",
                )
            ) from None
        self._queue.wake()
        self.task_cache.publish(retried)
        with bind_task(task_id):
            log.info("submitted again: %s", retried.task.draft_url)
        self._traces.record_request("retry", retried.task, began_ms)
        return retried.task

    async def _retry_once(self, owner: str, task_id: str) -> TaskChange:
        async with self._database.write() as connection:
            task = await self._read_or_raise(connection, owner, task_id)
            await check_queue_quota(connection, owner, self._queued_per_key)
            retriable = task.status in (Status.FAILED, Status.CANCELED)
            waiting = await writes.requeue(connection, task) if retriable else None
            if waiting is None:
                raise InvalidState(
                    Bilingual(
                        f"The task is {task.status}; only a failed or canceled task can be retried.",
                        f"任务状态为 {task.status}，只有失败或已取消的任务可以重试。",
                    )
                )
            await self._queue.enqueue(connection, [task_job(waiting.task)])
            return waiting

    async def task(self, owner: str, task_id: str) -> Task | None:
        """The task with this id, from the task cache if possible; None when the owner has none."""
        return await self.task_cache.task(owner, task_id)

    async def name_of_file(self, task_id: str) -> str:
        """The file name of a task's video for downloads, of any owner; empty where it has none, and while the database
        is unavailable.
        """
        with suppress(StoreUnavailable):
            task = await self.any_task(task_id)
            if task is not None and task.video is not None and task.video.name:
                return task.video.name + task.output.ending
        return ""

    async def any_task(self, task_id: str) -> Task | None:
        """The task with this id, of any owner, for who has a signed URL. Raises `StoreUnavailable`."""
        async with self._database.read() as connection:
            return await reads.any_task(connection, task_id)

    async def task_by_url(self, owner: str, draft_url: str) -> Task | None:
        """The newest task of the draft URL, from the task cache if possible."""
        return await self.task_cache.task_by_url(owner, draft_url)

    async def tasks(self, owner: str, wanted: TaskFilter, order: Order, page: PageRequest) -> TaskPage:
        """A page of the owner's tasks. Raises `InvalidInput` for a bad cursor or size."""
        async with self._database.read() as connection:
            return await lists.task_page(connection, owner, wanted, order, page)

    async def events(
        self, owner: str, task_id: str, page: PageRequest, types: tuple[EventType, ...] | None = None
    ) -> EventPage:
        """A page of a task's events of these types, oldest first. Raises `InvalidInput` for a bad cursor or size."""
        async with self._database.read() as connection:
            found = await pages.event_page(connection, owner, task_id, page, types)
            if not found.events:
                await self._read_or_raise(connection, owner, task_id)
            return found

    async def queue(self, owner: str) -> QueueState:
        """The numbers of the owner's active tasks."""
        async with self._database.read() as connection:
            return await reads.queue_state(connection, owner, self._capacity())

    async def accepting(self) -> bool:
        """Whether the queue has room for a task."""
        async with self._database.read() as connection:
            return await reads.pending_count(connection) < self._max_queued

    async def active_count(self, owner: str) -> int:
        """The number of active tasks of the owner."""
        async with self._database.read() as connection:
            return await reads.active_count(connection, owner)

    async def deliveries(self, owner: str, task_id: str, page: PageRequest) -> list[Delivery]:
        """The newest webhook deliveries of the task, newest first."""
        async with self._database.read() as connection:
            await self._read_or_raise(connection, owner, task_id)
            return await outbox.of_task(connection, task_id, pages.size_of(page))

    async def queue_positions(self, wanted: Sequence[Task]) -> list[int | None]:
        """The position in the queue of each task, from 1; None for those that are not waiting."""
        ids = [task.id for task in wanted if task.status is Status.PENDING]
        if not ids:
            return [None] * len(wanted)
        async with self._database.read() as connection:
            positions = await reads.queue_positions(connection, ids)
        return [positions.get(task.id) for task in wanted]

    async def throughput(self, owner: str, last_minutes: int) -> tuple[ThroughputPoint, ...]:
        """Tasks that ended in each of the last minutes (1 to 1440), oldest first, including the current one."""
        if not 1 <= last_minutes <= MAX_THROUGHPUT_MINUTES:
            raise InvalidInput(
                Bilingual(
                    f"lastMinutes must be 1 to {MAX_THROUGHPUT_MINUTES}, not {last_minutes}.",
                    f"lastMinutes 须在 1 到 {MAX_THROUGHPUT_MINUTES} 之间，而不是 {last_minutes}。",
                ),
                path=("lastMinutes",),
            )
        this_minute = now_ms() // reads.MINUTE_MS * reads.MINUTE_MS
        first = this_minute - (last_minutes - 1) * reads.MINUTE_MS
        async with self._database.read() as connection:
            found = await reads.throughput(connection, owner, first)
        minutes = range(first, this_minute + 1, reads.MINUTE_MS)
        return tuple(found.get(at_ms, ThroughputPoint(at_ms, 0, 0)) for at_ms in minutes)

    async def wait_for_change(self, owner: str, task_id: str, since: int, seconds: float) -> Task:
        """The task once its seq is above `since`, or after `seconds`."""
        changed = asyncio.Event()
        with self.task_cache.listen(task_id, lambda _: changed.set()), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (await self._get_or_raise(owner, task_id)).seq <= since:
                    changed.clear()
                    await changed.wait()
        return await self._get_or_raise(owner, task_id)

    async def _get_or_raise(self, owner: str, task_id: str) -> Task:
        task = await self.task_cache.task(owner, task_id)
        if task is None:
            raise _not_found()
        return task

    async def _read_or_raise(self, connection: AsyncConnection, owner: str, task_id: str) -> Task:
        task = await reads.task(connection, owner, task_id)
        if task is None:
            raise _not_found()
        return task


async def _keyed_task(connection: AsyncConnection, owner: str, request: TaskRequest, key: str) -> Task | None:
    """The task that the key is bound to. Raises `IdempotencyConflict` where that is one of another request."""
    bound = await reads.keyed_task(connection, owner, key)
    if bound is None:
        return None
    task_id, digest = bound
    if digest != fingerprint(request):
        raise IdempotencyConflict(
            Bilingual(
                "This idempotencyKey was used before with other input; use a new key for a new request.",
                "该 idempotencyKey 已用于不同的请求；新的请求请使用新的 key。",
            ),
            path=("idempotencyKey",),
        )
    return await reads.task(connection, owner, task_id)


async def _join_webhook(connection: AsyncConnection, active: Task, request: TaskRequest) -> None:
    """Set the webhook of a repeated request on an active task without one. Raises `InvalidState` for a second one."""
    if request.webhook_url in (None, active.webhook_url):
        return
    if active.webhook_url is not None:
        raise InvalidState(
            Bilingual(
                "The active task of this draft has another webhook; wait for its end, or cancel it.",
                "该草稿的进行中任务已使用另一个 webhook；请等待其结束或先取消。",
            ),
            path=("webhookUrl",),
        )
    await writes.attach_webhook(connection, active, request)


def _not_found() -> TaskNotFound:
    return TaskNotFound(Bilingual("There is no such task.", "没有这个任务。"), path=("id",))
