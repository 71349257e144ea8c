"""The task cache: the tasks that are watched or were asked for, in the memory of one process.

Changes of this process enter it right after their commit. Changes of others arrive by the change notifier, at the
latest after `REREAD_SECONDS`. One reader follows the events of all tasks by position, so each change is read once per
process.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager

from services.background import background
from services.clock import now_ms
from services.errors import StoreUnavailable
from services.live.notifier import ALL_TASKS, REREAD_SECONDS, ChangeNotifier, ChangeSignal
from services.store import reads
from services.store.database import Changes, Database
from services.store.records import EventType, Task, TaskChange, TaskEvent

log = logging.getLogger(__name__)

MAX_TASKS = 2000
MAX_SEQS = 20_000
BATCH = 500
"""Number of events read at a time."""
RETRY_SECONDS = 0.5
STALE_AFTER_MS = 3600 * 1000
"""Age of a completion above which the store is asked: another process may have removed the task without a notification.
"""
MAX_UNREAD_SECONDS = 2 * REREAD_SECONDS
"""Time without a successful read of the events after which the cache is not used."""

Listener = Callable[[TaskChange], None]


class TaskCache:
    """The cached tasks, and the listeners that are called with their changes in order."""

    def __init__(self, database: Database, notifier: ChangeNotifier) -> None:
        self._database = database
        self._changes = Changes(database)
        self._notifier = notifier
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._newest: dict[tuple[str, str], str] = {}
        self._seqs: OrderedDict[str, int] = OrderedDict()
        self._listeners: dict[str, set[Listener]] = {}
        self.watchers = Counter[str]()
        """Present subscriptions to each task; those to all tasks under `ALL_TASKS`."""
        self._position = 0
        self._read_at = 0.0
        self._reread = ChangeSignal()

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Follow the events while the block lasts. Raises `StoreUnavailable`."""
        async with self._database.read() as connection:
            self._position = await reads.newest_position(connection)
        self._read_at = asyncio.get_running_loop().time()
        async with background("task cache", self._follow_events()):
            yield

    # Reading

    def get_cached(self, owner: str, task_id: str) -> Task | None:
        """The task from memory; None: not cached, ask the store."""
        task = self._tasks.get(task_id)
        if task is None or task.owner != owner or _is_stale(task) or not self._is_fresh():
            return None
        self._tasks.move_to_end(task_id)
        return task

    def get_cached_by_url(self, owner: str, draft_url: str) -> Task | None:
        """The newest task of the draft URL from memory; None: not cached, ask the store."""
        task_id = self._newest.get((owner, draft_url))
        return None if task_id is None else self.get_cached(owner, task_id)

    async def task(self, owner: str, task_id: str) -> Task | None:
        """The task with this id; None when the owner has none."""
        task = self.get_cached(owner, task_id)
        if task is None:
            async with self._database.read() as connection:
                task = await reads.task(connection, owner, task_id)
            self._remember(task)
        return task

    async def task_by_url(self, owner: str, draft_url: str) -> Task | None:
        """The newest task of the draft URL; None when the owner has none."""
        task = self.get_cached_by_url(owner, draft_url)
        if task is None:
            async with self._database.read() as connection:
                task = await reads.newest_task(connection, owner, draft_url)
            self._remember(task, newest=True)
        return task

    def _is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self._read_at < MAX_UNREAD_SECONDS

    # Writing

    def publish(self, *changes: TaskChange) -> None:
        """Apply changes of this process in order, right after their commit: notifies local listeners and other
        processes.
        """
        for change in changes:
            self._remember(change.task, newest=change.event.seq == 1)
            if change.event.position == self._position + 1:
                self._notify(change)
            elif (
                change.event.position > self._position
            ):  # another process has written in between: its events come first
                self._reread.notify()
            self._notifier.notify(change.task.id, change.task.seq)

    def forget(self, task: Task) -> None:
        """Remove a task that was deleted from the store."""
        self._tasks.pop(task.id, None)
        if self._newest.get((task.owner, task.draft_url)) == task.id:
            del self._newest[task.owner, task.draft_url]

    def _remember(self, task: Task | None, *, newest: bool = False) -> None:
        if task is None or self._seqs.get(task.id, 0) > task.seq:
            return
        known = self._tasks.get(task.id)
        if known is None or known.seq < task.seq:
            self._tasks[task.id] = task
        self._tasks.move_to_end(task.id)
        if newest:
            self._remember_newest(task)
        while len(self._tasks) > MAX_TASKS:
            self.forget(next(iter(self._tasks.values())))

    def _remember_newest(self, task: Task) -> None:
        key = (task.owner, task.draft_url)
        present = self._tasks.get(self._newest.get(key, ""))
        if present is None or (present.created_at_ms, present.id) <= (task.created_at_ms, task.id):
            self._newest[key] = task.id

    # Following

    @contextmanager
    def listen(self, task_id: str, listener: Listener) -> Generator[None]:
        """Call the listener with each change of the task, or of all with `ALL_TASKS`, in order, while the block lasts.
        It must not raise.
        """
        self.add_listener(task_id, listener)
        try:
            yield
        finally:
            self.remove_listener(task_id, listener)

    def add_listener(self, task_id: str, listener: Listener) -> None:
        """See `listen`."""
        self._listeners.setdefault(task_id, set()).add(listener)

    def remove_listener(self, task_id: str, listener: Listener) -> None:
        """Undo `add_listener`."""
        listeners = self._listeners.get(task_id, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(task_id, None)

    def remove_watcher(self, task_id: str) -> None:
        """Count one subscription less."""
        self.watchers[task_id] -= 1
        if not self.watchers[task_id]:
            del self.watchers[task_id]

    @property
    def listeners(self) -> int:
        """The number of listeners."""
        return sum(map(len, self._listeners.values()))

    def _notify(self, change: TaskChange) -> None:
        self._advance(change.event)
        for name in (change.event.task_id, ALL_TASKS):
            for listener in list(self._listeners.get(name, ())):
                try:
                    listener(change)
                except Exception:
                    log.exception("a listener failed; the writer and other listeners continue")

    def _advance(self, event: TaskEvent) -> None:
        """Move the position past an event."""
        self._position = event.position
        self._seqs[event.task_id] = event.seq
        self._seqs.move_to_end(event.task_id)
        if len(self._seqs) > MAX_SEQS:
            self._seqs.popitem(last=False)

    async def _follow_events(self) -> None:
        loop = asyncio.get_running_loop()
        with self._notifier.listen(ALL_TASKS) as signal:
            self._reread = signal
            while True:
                left = self._read_at + REREAD_SECONDS - loop.time()
                notified = left > 0 and await signal.wait(left)
                if notified and self._has_applied(signal.take()):
                    continue
                try:
                    await self._read_events()
                except StoreUnavailable:
                    await asyncio.sleep(RETRY_SECONDS)
                except Exception:
                    log.exception("the events could not be read; retrying")
                    await asyncio.sleep(RETRY_SECONDS)

    def _has_applied(self, changed: dict[str, int]) -> bool:
        """Whether all notified changes are already applied."""
        return bool(changed) and all(self._seqs.get(task_id, 0) >= seq for task_id, seq in changed.items())

    async def _read_events(self) -> None:
        began_at = asyncio.get_running_loop().time()
        with self._changes.look() as changed:
            if changed:
                await self._read_new_events()
        self._read_at = began_at

    async def _read_new_events(self) -> None:
        while True:
            async with self._database.read() as connection:
                found = await reads.events_since(connection, self._position, BATCH)
                read = await reads.any_tasks(connection, self._missing_tasks(found))
            for event in coalesced(found):
                if event.position > self._position:
                    self._apply(event, read)
            if len(found) < BATCH:
                break
            self._position = max(self._position, found[-1].position)

    def _missing_tasks(self, found: Iterable[TaskEvent]) -> set[str]:
        """The ids of tasks to read for these events: watched or cached, and older in the cache than the event."""
        everything = ALL_TASKS in self._listeners
        return {
            event.task_id
            for event in found
            if (everything or event.seq == 1 or event.task_id in self._tasks or event.task_id in self._listeners)
            and ((known := self._tasks.get(event.task_id)) is None or known.seq < event.seq)
        }

    def _apply(self, event: TaskEvent, read: dict[str, Task]) -> None:
        """Apply an event that was read from the store."""
        self._remember(read.get(event.task_id), newest=event.seq == 1)
        task = self._tasks.get(event.task_id) or read.get(event.task_id)
        if task is None or task.seq < event.seq:
            self._advance(event)
        else:
            self._notify(TaskChange(event, task))


def _is_stale(task: Task) -> bool:
    return task.completed_at_ms is not None and now_ms() - task.completed_at_ms > STALE_AFTER_MS


def coalesced(found: list[TaskEvent]) -> list[TaskEvent]:
    """The events without percentages that a newer event of the same task replaces."""
    last_seq = {event.task_id: event.seq for event in found}
    return [event for event in found if event.type is not EventType.PROGRESS or event.seq == last_seq[event.task_id]]
