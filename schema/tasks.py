"""Tasks, their events, and pages of both."""

from typing import Annotated

import strawberry

from resolvers import tasks
from schema.described import about, described, plain
from schema.info import Info
from schema.inputs import page_request, several
from schema.scalars import URL, DateTime, JSONObject
from schema.task_fields import (
    RenderedVideo,
    Replacement,
    StageProgress,
    VideoOutput,
    VideoTaskError,
    WarningOfDraft,
    WebhookDelivery,
    at,
    file_url,
)
from services.store.records import ACTIVE, EventPage, EventType, Stage, Status, Task, TaskChange, TaskEvent, TaskPage
from services.stream import PLAYLIST, Stream, stream_key


@described
@strawberry.interface
class Node:
    """An object with an id, which `node` finds."""

    id: strawberry.ID = strawberry.field(description="The id, unique among all nodes.")


@described
@strawberry.type
class PageInfo:
    """The position of a page in its list."""

    has_next_page: bool = strawberry.field(description="Whether there are entries after the page.")
    has_previous_page: bool = strawberry.field(description="Whether there are entries before the page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first entry, for `before`.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last entry, for `after`.")

    @classmethod
    def of(cls, page: TaskPage | EventPage) -> "PageInfo":
        """The position of a page."""
        return cls(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        )


@described
@strawberry.type
class VideoTask(Node):
    """One request for one video."""

    record: strawberry.Private[Task]
    draft_url: URL = strawberry.field(description="The URL of the draft.")
    status: Status = strawberry.field(description="The state of the task.")
    stage: Stage = strawberry.field(description="The step of the attempt.")
    progress: int = strawberry.field(
        description="0 to 100. It never falls within an attempt, and is 100 only when the task is COMPLETED."
    )
    attempt: int = strawberry.field(description="Number of attempts that have begun.")
    max_attempts: int = strawberry.field(description="The attempt after which a lost worker fails the task.")
    priority: int = strawberry.field(description="Higher priorities go first; 0 by default.")
    metadata: JSONObject | None = strawberry.field(description="The caller's own data of the submit, unchanged.")
    created_at: DateTime = strawberry.field(description="When it was submitted.")
    started_at: DateTime | None = strawberry.field(description="When its newest attempt began.")
    completed_at: DateTime | None = strawberry.field(description="When it ended.")
    updated_at: DateTime = strawberry.field(description="When it last changed.")
    seq: int = strawberry.field(
        description="The number of its last event; it rises by one with each. The last one seen is `after` to resume."
    )
    error_message: str | None = strawberry.field(
        description="The error's message in English.", deprecation_reason="Use error { code message }."
    )
    can_cancel: bool = strawberry.field(description="Whether `cancelVideoTask` would work now.")
    can_retry: bool = strawberry.field(description="Whether `retryVideoTask` would work now.")

    @strawberry.field
    @plain
    def stages(self) -> list[StageProgress]:
        """The stages of the present attempt so far, in order."""
        return [StageProgress.of(stage) for stage in self.record.stages]

    @strawberry.field
    async def queue_position(self, info: Info) -> int | None:
        """Its position in the queue, from 1, while it is PENDING."""
        return await tasks.queue_position(info.context, self.record)

    @strawberry.field
    def watchers(self, info: Info) -> int:
        """Number of present subscriptions to this task alone, on the process that answers."""
        return info.context.services.manager.task_cache.watchers[self.record.id]

    @strawberry.field
    @plain
    def estimated_completion_at(self) -> DateTime | None:
        """The estimated time of its end; null before a twentieth of the frames are drawn."""
        return at(self.record.estimated_completion_at_ms)

    @strawberry.field
    @plain
    def preview_url(self, info: Info) -> URL | None:
        """The newest rendered frame while it is EXPORTING: a small JPEG, which changes under the same URL."""
        return file_url(info, self.record.preview_key)

    @strawberry.field
    @plain
    def stream_url(self, info: Info) -> URL | None:
        """An HLS playlist of what is finished of the video, to watch it while it is EXPORTING, and of the whole video
        when it is COMPLETED; null before the first second is finished, for outputs other than MP4, and for drafts whose
        frames are copied, which takes no time.
        """
        return file_url(info, _playlist_key(self.record))

    @strawberry.field
    @plain
    def thumbnail_url(self, info: Info) -> URL | None:
        """A JPEG of the finished video."""
        return file_url(info, self.record.video.thumbnail_key if self.record.video else None)

    @strawberry.field
    @plain
    def video(self) -> RenderedVideo | None:
        """The finished video, when it is COMPLETED."""
        return RenderedVideo.of(self.record.video) if self.record.video else None

    @strawberry.field
    @plain
    def output(self) -> VideoOutput:
        """The requested file."""
        return VideoOutput.of(self.record.output)

    @strawberry.field
    @plain
    def replace(self) -> list[Replacement]:
        """The replaced texts and files of the draft, by name; none with a watch token."""
        return [Replacement.of(each) for each in self.record.replacements]

    @strawberry.field
    @plain
    def video_url(self, info: Info) -> URL | None:
        """The URL of the finished video: the same as `video { url }`, and as `video_url` of the polling endpoint."""
        return file_url(info, self.record.video.key if self.record.video else None)

    @strawberry.field
    @plain
    def error(self) -> VideoTaskError | None:
        """Why it FAILED."""
        failure = self.record.failure
        return VideoTaskError.of(failure, self.record.failure_stage or self.record.stage) if failure else None

    @strawberry.field
    @plain
    def warnings(self) -> list[WarningOfDraft]:
        """The parts of the draft that are not drawn as designed, as far as they are known."""
        return [WarningOfDraft.of(warning) for warning in self.record.warnings]

    @strawberry.field
    async def webhook_deliveries(
        self,
        info: Info,
        first: Annotated[int | None, about("Number of entries, at most 100; 20 by default.")] = strawberry.UNSET,
    ) -> list[WebhookDelivery]:
        """The deliveries to its webhook, newest first; none with a watch token."""
        found = await tasks.deliveries(info.context, self.record, page_request(first, None))
        return [WebhookDelivery.of(each) for each in found]

    @strawberry.field
    def warning_count(self) -> int:
        """Number of `warnings`, for lists that do not show them."""
        return len(self.record.warnings)

    @strawberry.field
    async def events(
        self,
        info: Info,
        first: Annotated[int | None, about("Number of entries, at most 100; 20 by default.")] = strawberry.UNSET,
        after: Annotated[str | None, about("A cursor: only events after it.")] = strawberry.UNSET,
        types: Annotated[list[EventType] | None, about("The types of events; all by default.")] = strawberry.UNSET,
    ) -> "VideoTaskEventConnection":
        """Its events, oldest first."""
        found = await tasks.events(info.context, self.record, page_request(first, after), several(types))
        return VideoTaskEventConnection.of(*found)

    @classmethod
    def of(cls, record: Task) -> "VideoTask":
        """A task as a GraphQL object."""
        return cls(
            record=record,
            id=strawberry.ID(record.id),
            draft_url=URL(record.draft_url),
            status=record.status,
            stage=record.stage,
            progress=record.progress,
            attempt=record.attempt,
            max_attempts=record.max_attempts,
            priority=record.priority,
            metadata=None if record.metadata is None else JSONObject(record.metadata),
            created_at=DateTime(record.created_at_ms),
            started_at=at(record.started_at_ms),
            completed_at=at(record.completed_at_ms),
            updated_at=DateTime(record.updated_at_ms),
            seq=record.seq,
            error_message=record.failure.message.en if record.failure else None,
            can_cancel=record.status in ACTIVE,
            can_retry=record.status in (Status.FAILED, Status.CANCELED),
        )


@described
@strawberry.type
class VideoTaskEvent:
    """A change of a task. Status, stage, progress and attempt are as they were right after it."""

    id: strawberry.ID = strawberry.field(description="The task's id and the seq: equal for the same event.")
    seq: int = strawberry.field(description="The number of the event among its task's events, from 1.")
    type: EventType = strawberry.field(description="The kind of change.")
    at: DateTime = strawberry.field(description="When it happened.")
    status: Status = strawberry.field(description="The status after it.")
    stage: Stage = strawberry.field(description="The stage after it.")
    progress: int = strawberry.field(description="The progress after it.")
    attempt: int = strawberry.field(description="The attempt it belongs to.")
    task: VideoTask = strawberry.field(description="The task as it is now, which is never older than the event.")

    @classmethod
    def of(cls, event: TaskEvent, task: Task) -> "VideoTaskEvent":
        """An event as a GraphQL object."""
        return cls(
            id=strawberry.ID(f"{event.task_id}:{event.seq}"),
            seq=event.seq,
            type=event.type,
            at=DateTime(event.at_ms),
            status=event.status,
            stage=event.stage,
            progress=event.progress,
            attempt=event.attempt,
            task=VideoTask.of(task),
        )

    @classmethod
    def of_change(cls, change: TaskChange) -> "VideoTaskEvent":
        """A change as a GraphQL object."""
        return cls.of(change.event, change.task)


@described
@strawberry.type
class VideoTaskEdge:
    """A task in a list."""

    cursor: str = strawberry.field(description="The cursor of its position, for `after` and `before`.")
    node: VideoTask = strawberry.field(description="The task.")


@described
@strawberry.type
class VideoTaskConnection:
    """A page of tasks."""

    edges: list[VideoTaskEdge] = strawberry.field(description="The tasks with their cursors.")
    nodes: list[VideoTask] = strawberry.field(description="The same tasks without cursors.")
    page_info: PageInfo = strawberry.field(description="The position of the page in the list.")
    total_count: int = strawberry.field(
        description="Number of tasks that meet the filter on all pages: exact without a filter and for `status` alone, "
        "else counted up to 1000."
    )

    @classmethod
    def of(cls, page: TaskPage) -> "VideoTaskConnection":
        """A page as a GraphQL object."""
        nodes = [VideoTask.of(task) for task in page.tasks]
        return cls(
            edges=[VideoTaskEdge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)],
            nodes=nodes,
            page_info=PageInfo.of(page),
            total_count=page.total,
        )


@described
@strawberry.type
class VideoTaskEventEdge:
    """An event in a list."""

    cursor: str = strawberry.field(description="The cursor of its position, for `after`.")
    node: VideoTaskEvent = strawberry.field(description="The event.")


@described
@strawberry.type
class VideoTaskEventConnection:
    """A page of events."""

    edges: list[VideoTaskEventEdge] = strawberry.field(description="The events with their cursors.")
    nodes: list[VideoTaskEvent] = strawberry.field(description="The same events without cursors.")
    page_info: PageInfo = strawberry.field(description="The position of the page in the list.")

    @classmethod
    def of(cls, page: EventPage, task: Task) -> "VideoTaskEventConnection":
        """A page as a GraphQL object with their task."""
        nodes = [VideoTaskEvent.of(event, task) for event in page.events]
        return cls(
            edges=[
                VideoTaskEventEdge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)
            ],
            nodes=nodes,
            page_info=PageInfo.of(page),
        )


def _playlist_key(task: Task) -> str | None:
    """The key of the playlist of a task that can be watched."""
    watched = task.stream and task.status in (Status.PROCESSING, Status.COMPLETED)
    return stream_key(task.id, task.run, PLAYLIST) if watched and Stream.stored(task.stream, task.run) else None
