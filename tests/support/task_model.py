"""A model of the task manager's promises in memory, and the invariants of a task's events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.errors import ErrorCode
from services.store.records import EventType, Status, Task, TaskEvent, TaskRequest
from services.worker.progress_scale import ORDER

LOSSES = 3
"""So many lost workers end a task."""
FOLLOWING = {
    Status.PENDING: {Status.PROCESSING, Status.FAILED, Status.CANCELED},
    Status.PROCESSING: {Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.CANCELED},
    Status.COMPLETED: set[Status](),
    Status.FAILED: {Status.PENDING},
    Status.CANCELED: {Status.PENDING},
}
"""What may come after a status; back to PENDING is a retry."""


@dataclass(kw_only=True)
class ModelTask:
    """A task as it should be stored."""

    id: str
    owner: str
    draft_url: str
    priority: int
    expires_at_ms: int | None
    entered: int
    """Its place among all that ever entered the queue."""
    status: Status = Status.PENDING
    attempt: int = 0
    run: int = 1
    losses: int = 0
    """Since it last entered the queue."""
    handed: bool = False
    """Whether its job was handed out since it last entered the queue."""
    held: bool = False
    """Whether somebody has its job."""
    fence: int = 0
    """The token of its newest attempt."""
    worker: str | None = None
    code: ErrorCode | None = None
    ended_at_ms: int | None = None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return not self.status.final

    @property
    def lost(self) -> bool:
        """Whether a worker that begins it finds that another had begun it, and did not hand it back."""
        return self.status is Status.PROCESSING and self.worker is not None

    @property
    def spent(self) -> bool:
        """Whether it has lost too many workers to be begun again."""
        return self.lost and self.losses + 1 >= LOSSES

    def late(self, now_ms: int) -> bool:
        """Whether it has waited longer than it may."""
        return self.status is Status.PENDING and self.expires_at_ms is not None and self.expires_at_ms <= now_ms

    def end(self, status: Status, now_ms: int, code: ErrorCode | None = None) -> None:
        """It is final."""
        self.status, self.code, self.ended_at_ms = status, code, now_ms

    def differs(self, stored: Task) -> str:
        """What of the stored task is other than here; "" when nothing is."""
        code = stored.failure.code if stored.failure else None
        here = (self.status, self.attempt, self.worker if self.active else stored.worker, self.code)
        there = (stored.status, stored.attempt, stored.worker, code)
        return "" if here == there else f"{self.id} should be {here} and is {there}"


@dataclass
class Model:
    """All tasks, in the order in which they were made, and the keys that were given."""

    tasks: dict[str, ModelTask] = field(default_factory=dict[str, ModelTask])
    keys: dict[tuple[str, str], tuple[str, TaskRequest]] = field(
        default_factory=dict[tuple[str, str], tuple[str, TaskRequest]]
    )
    entered: int = 0

    def repeated(self, owner: str, request: TaskRequest) -> str | None:
        """The id of the task that the request repeats. Raises `LookupError` when its key says something else."""
        bound = self.keys.get((owner, request.idempotency_key or ""))
        if bound is not None:
            if bound[1] != request:
                raise LookupError
            return bound[0]
        return next((task.id for task in self.of_url(owner, request.draft_url) if task.active), None)

    def submitted(self, owner: str, request: TaskRequest, task_id: str, now_ms: int) -> None:
        """The request was answered with this task."""
        if request.idempotency_key is not None:
            self.keys.setdefault((owner, request.idempotency_key), (task_id, request))
        if task_id not in self.tasks:
            seconds = request.expires_in_seconds
            expires_at_ms = None if seconds is None else now_ms + 1000 * seconds
            self.tasks[task_id] = ModelTask(
                id=task_id,
                owner=owner,
                draft_url=request.draft_url,
                priority=request.priority,
                expires_at_ms=expires_at_ms,
                entered=self._enter(),
            )

    def _enter(self) -> int:
        self.entered += 1
        return self.entered

    def of_url(self, owner: str, draft_url: str) -> list[ModelTask]:
        """The owner's tasks of that draft, the newest last."""
        return [task for task in self.tasks.values() if (task.owner, task.draft_url) == (owner, draft_url)]

    def may_retry(self, task: ModelTask) -> bool:
        """Whether it failed or was canceled, and no other task of its draft is active."""
        others = self.of_url(task.owner, task.draft_url)
        return task.status in (Status.FAILED, Status.CANCELED) and not any(other.active for other in others)

    def retry(self, task: ModelTask) -> None:
        """It waits again."""
        task.status, task.losses, task.worker, task.code = Status.PENDING, 0, None, None
        task.expires_at_ms, task.ended_at_ms, task.entered = None, None, self._enter()
        task.run, task.handed, task.held = task.run + 1, False, False

    def hand_out(self, task_id: str | None) -> str:
        """This task's job was handed out as the next one. What is wrong about it; "" when nothing is."""
        waiting = [task for task in self.tasks.values() if task.active and not task.held]
        if task_id is None:
            return "there was something to run" if waiting else ""
        chosen = self.tasks[task_id]
        first = all(
            (chosen.priority, chosen.handed) > (task.priority, task.handed)
            or (
                (chosen.priority, chosen.handed) == (task.priority, task.handed)
                and (chosen.handed or chosen.owner != task.owner or chosen.entered <= task.entered)
            )
            for task in waiting
        )
        chosen.handed = chosen.held = True
        return "" if chosen in waiting and first else f"it was not the turn of {task_id}"

    def begin(self, task_id: str, worker: str, token: int) -> None:
        """A worker has begun the task."""
        task = self.tasks[task_id]
        task.losses += task.lost
        task.status, task.worker, task.attempt, task.fence = Status.PROCESSING, worker, task.attempt + 1, token

    def expire(self, now_ms: int) -> None:
        """Tasks that have waited too long end."""
        for task in self.tasks.values():
            if task.late(now_ms):
                task.end(Status.FAILED, now_ms, ErrorCode.EXPIRED)

    def take_back(self, jobs: Iterable[tuple[str, int]]) -> None:
        """The jobs of these tasks and runs are handed out again."""
        for task_id, run in jobs:
            if task_id in self.tasks and self.tasks[task_id].run == run:
                self.tasks[task_id].held = False

    def forget(self, before_ms: int) -> None:
        """Tasks that ended before that time are not kept, nor their keys."""
        old = {task.id for task in self.tasks.values() if task.ended_at_ms is not None and task.ended_at_ms < before_ms}
        self.tasks = {name: task for name, task in self.tasks.items() if name not in old}
        self.keys = {key: bound for key, bound in self.keys.items() if bound[0] not in old}


def broken_by(task: Task, events: Sequence[TaskEvent]) -> list[str]:
    """Which promises a task's stored events break."""
    steps = list(pairwise(events))
    rules = {
        "seq rises by one with each event": [event.seq for event in events] == list(range(1, task.seq + 1)),
        "the last event is the task's state": (events[-1].status, events[-1].progress, events[-1].attempt)
        == (task.status, task.progress, task.attempt),
        "status moves forward, and a final one is final": all(two.status in _next_of(one, two) for one, two in steps),
        "an attempt begins with PROCESSING": all(
            two.attempt - one.attempt == (two.type is EventType.STATUS_CHANGED and two.status is Status.PROCESSING)
            for one, two in steps
        ),
        "stage and progress never fall within an attempt": all(
            one.progress <= two.progress and ORDER.index(one.stage) <= ORDER.index(two.stage)
            for one, two in steps
            if one.attempt == two.attempt and two.status is not Status.PENDING
        ),
        "100 % is COMPLETED": all((event.progress == 100) == (event.status is Status.COMPLETED) for event in events),
    }
    return [f"{task.id}: {rule}: {events}" for rule, holds in rules.items() if not holds]


def _next_of(one: TaskEvent, two: TaskEvent) -> set[Status]:
    """The statuses that may follow, by an event of this type."""
    return FOLLOWING[one.status] if two.type is EventType.STATUS_CHANGED else {one.status} & {Status.PROCESSING}
