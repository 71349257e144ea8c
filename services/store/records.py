"""The records of tasks. Times are UTC milliseconds since 1970 (`_ms`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, SkipValidation

from services.errors import DraftWarning, ErrorCode, Failure
from services.exporter_protocol.lines import Stage as Stage
from services.exporter_protocol.lines import Unit as Unit
from services.output import STANDARD_OUTPUT, Output, output_of
from services.replacements import Replacements, replacements_of, variant_key


class Status(StrEnum):
    """The state of a task; it only moves downwards, and a retry begins again at PENDING."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def final(self) -> bool:
        """Whether the task has ended."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELED)


MAX_LOSSES = 2
"""Lost workers of a task, or of one of its parts, after which the next loss fails the task."""
ACTIVE = (Status.PENDING, Status.PROCESSING)
_ID_PREFIX = re.compile("[0-9a-f]{6,32}")


class EventType(StrEnum):
    """The kind of an event."""

    SNAPSHOT = "SNAPSHOT"
    PROGRESS = "PROGRESS"
    STAGE_CHANGED = "STAGE_CHANGED"
    STATUS_CHANGED = "STATUS_CHANGED"


class DeliveryState(StrEnum):
    """The state of the delivery of an event to a webhook."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress:
    """One stage of the current attempt; `done` of `total` in `unit` where they are known."""

    stage: Stage
    started_at_ms: int
    completed_at_ms: int | None = None
    done: float | None = None
    total: float | None = None
    unit: Unit | None = None


def closed_stages(stages: Sequence[StageProgress], now_ms: int) -> list[StageProgress]:
    """The same stages, the last of them completed."""
    return [*stages[:-1], *(replace(stage, completed_at_ms=now_ms) for stage in stages[-1:])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A finished video. `key` and `thumbnail_key` are its names in the file storage."""

    key: str
    thumbnail_key: str | None
    width: int
    height: int
    duration_us: int
    frames: int
    frame_rate: float
    """Frames a second."""
    has_sound: bool
    size_bytes: int
    sha256: str
    name: str = ""
    """The draft's name as that of a file, without an ending; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One request for one video, in its current state."""

    id: str
    owner: str
    draft_url: str
    status: Status
    stage: Stage
    progress: int
    """0..100 on the progress scale; 100 only when COMPLETED."""
    stages: tuple[StageProgress, ...]
    attempt: int
    """The number of attempts so far."""
    max_attempts: int
    """The attempt whose lost worker fails the task; an error fails it at once."""
    priority: int
    """Higher first; 0 is the default."""
    strict: bool
    metadata: dict[str, Any] | None
    created_at_ms: int
    started_at_ms: int | None
    completed_at_ms: int | None
    updated_at_ms: int
    queued_at_ms: int
    """When it last entered the queue: at its submit, or at its newest retry."""
    expires_at_ms: int | None
    """When it expires if it is still PENDING."""
    seq: int
    """Rises by one with each stored event."""
    estimated_completion_at_ms: int | None = None
    preview_key: str | None = None
    """The newest rendered frame in the file storage, a small JPEG."""
    stream: str | None = None
    """The fragments that can be watched, see `services.stream.Stream.stored`."""
    video: Video | None = None
    failure: Failure | None = None
    failure_stage: Stage | None = None
    warnings: Annotated[Sequence[DraftWarning], SkipValidation] = ()
    """Validated when they arrived; read from the store when first accessed."""
    worker: str | None = None
    """The worker that runs it; None while PROCESSING when the worker has handed the task back."""
    turn: int = 0
    """Order among PENDING tasks of one priority, lowest first, so that owners take turns."""
    run: int = 1
    """How often it entered the queue."""
    fence: int = 0
    """The fencing token of the job that began the newest attempt."""
    webhook_url: str | None = None
    webhook_events: tuple[EventType, ...] | None = None
    """The types of events that are sent to the webhook."""
    output: Annotated[Output, BeforeValidator(output_of)] = STANDARD_OUTPUT
    replacements: Annotated[Replacements, BeforeValidator(replacements_of)] = ()

    def expired(self, now_ms: int) -> bool:
        """Whether it is PENDING longer than its request allows; `reads.expired` is the same rule in SQL."""
        return self.status is Status.PENDING and self.expires_at_ms is not None and self.expires_at_ms <= now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUpdate:
    """New progress of an attempt; None leaves a field as it is. `estimated_completion_at_ms` is set with `stages`."""

    type: EventType = EventType.PROGRESS
    stages: tuple[StageProgress, ...] | None = None
    """All stages; the last is the current one."""
    progress: int | None = None
    estimated_completion_at_ms: int | None = None
    warnings: tuple[DraftWarning, ...] | None = None
    preview_key: str | None = None
    stream: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """A change of a task. `position` orders the events of all tasks; 0 for a snapshot without one."""

    task_id: str
    seq: int
    position: int
    type: EventType
    at_ms: int
    status: Status
    stage: Stage
    progress: int
    attempt: int


@dataclass(frozen=True, slots=True)
class TaskChange:
    """An event with its task, which is never older than the event."""

    event: TaskEvent
    task: Task

    @property
    def last(self) -> bool:
        """Whether no event follows by itself: a final status without a retry."""
        return self.event.status.final and self.event.seq == self.task.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The delivery of an event to the webhook. `answer` is the newest HTTP status, `error` the reason without one."""

    task_id: str
    seq: int
    state: DeliveryState
    attempts: int
    created_at_ms: int
    due_at_ms: int
    ended_at_ms: int | None = None
    answer: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FeedReset:
    """The cursor of a feed is too old: drop the known state and continue from `position`."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequest:
    """The input of a submit. `expires_in_seconds` counts from the submit, while the task is PENDING."""

    draft_url: str
    idempotency_key: str | None = None
    priority: int = 0
    strict: bool = False
    expires_in_seconds: int | None = None
    metadata: dict[str, Any] | None = None
    webhook_url: str | None = None
    webhook_events: tuple[EventType, ...] | None = None
    """None: changes of status."""
    output: Output = STANDARD_OUTPUT
    replacements: Replacements = ()

    @property
    def variant(self) -> str:
        """The key of the output and replacements; with owner and draft URL it identifies an active task."""
        return variant_key(self.output, self.replacements)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The task of a submit; `created` is False when it joined an existing one."""

    task: Task
    created: bool


class OrderField(StrEnum):
    """The field that a list of tasks is sorted by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    COMPLETED_AT = "COMPLETED_AT"


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list; tasks without a value of the field come last."""

    field: OrderField = OrderField.CREATED_AT
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Conditions on tasks; None means no condition. `search` matches a part of the draft URL, the id, or the beginning
    of the id, of at least six digits.
    """

    status: tuple[Status, ...] | None = None
    stage: tuple[Stage, ...] | None = None
    error_code: tuple[ErrorCode, ...] | None = None
    draft_url: str | None = None
    created_after_ms: int | None = None
    created_before_ms: int | None = None
    search: str | None = None

    @property
    def id_prefix(self) -> str | None:
        """The search where it may be the beginning of an id; None otherwise."""
        return self.search if self.search and _ID_PREFIX.fullmatch(self.search) else None

    def names(self, task_id: str) -> bool:
        """Whether the search is this id, or its beginning."""
        return task_id == self.search or (self.id_prefix is not None and task_id.startswith(self.id_prefix))

    def met_by(self, task: Task) -> bool:
        """Whether the task meets all conditions. `pages.filter_condition` is the same filter in SQL."""
        failure_code = task.failure.code if task.failure else None
        found = not self.search or self.search.lower() in task.draft_url.lower() or self.names(task.id)
        return (
            found
            and (self.status is None or task.status in self.status)
            and (self.stage is None or task.stage in self.stage)
            and (self.error_code is None or failure_code in self.error_code)
            and (self.draft_url is None or task.draft_url == self.draft_url)
            and (self.created_after_ms is None or task.created_at_ms > self.created_after_ms)
            and (self.created_before_ms is None or task.created_at_ms < self.created_before_ms)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page of a list, from its beginning (`first`, `after`) or its end (`last`, `before`)."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Tasks with a cursor each. `total` is bounded unless the filter has statuses only; see `services.store.lists`."""

    tasks: tuple[Task, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool
    total: int


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events of one task with a cursor each."""

    events: tuple[TaskEvent, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """Numbers of an owner's PENDING and PROCESSING tasks; `capacity` is the number of concurrent renders."""

    pending: int
    processing: int
    capacity: int
    oldest_pending_at_ms: int | None


@dataclass(frozen=True, slots=True)
class ThroughputPoint:
    """The number of tasks that ended in the minute from `at_ms` on."""

    at_ms: int
    completed: int
    failed: int
