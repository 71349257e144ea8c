"""The service itself: its queue and what it is made of."""

from typing import Annotated

import strawberry

from resolvers import service, tasks
from schema.described import about, described
from schema.info import Info
from schema.scalars import URL, DateTime
from schema.task_fields import at
from services.compose import Services
from services.drafts import sample
from services.files.disk import Disk
from services.store import records
from services.tasks.manager import DEFAULT_THROUGHPUT_MINUTES, MAX_THROUGHPUT_MINUTES


@described
@strawberry.type
class ThroughputPoint:
    """How many tasks ended within one minute."""

    at: DateTime = strawberry.field(description="When the minute began.")
    completed: int = strawberry.field(description="How many were COMPLETED.")
    failed: int = strawberry.field(description="How many FAILED.")

    @classmethod
    def of(cls, record: records.ThroughputPoint) -> "ThroughputPoint":
        """A minute as clients see it."""
        return cls(at=DateTime(record.at_ms), completed=record.completed, failed=record.failed)


@described
@strawberry.type
class QueueStats:
    """How much waits and runs."""

    pending: int = strawberry.field(description="Tasks that wait.")
    processing: int = strawberry.field(description="Tasks that are rendered.")
    capacity: int = strawberry.field(description="How many renders run at once.")
    oldest_pending_at: DateTime | None = strawberry.field(description="Since when the longest waiting task waits.")

    @strawberry.field
    async def throughput(
        self,
        info: Info,
        last_minutes: Annotated[
            int | None, about(f"How far to look back, 1 to {MAX_THROUGHPUT_MINUTES}.")
        ] = DEFAULT_THROUGHPUT_MINUTES,
    ) -> list[ThroughputPoint]:
        """What ended in each of the last minutes, oldest first, the present one included."""
        minutes = DEFAULT_THROUGHPUT_MINUTES if last_minutes is None else last_minutes
        return [ThroughputPoint.of(point) for point in await tasks.throughput(info.context, minutes)]

    @classmethod
    def of(cls, record: records.QueueState) -> "QueueStats":
        """A queue as clients see it."""
        return cls(
            pending=record.pending,
            processing=record.processing,
            capacity=record.capacity,
            oldest_pending_at=at(record.oldest_pending_at_ms),
        )


@described
@strawberry.type
class DiskSpace:
    """How much room a disk has, in bytes."""

    free_bytes: float = strawberry.field(description="What is left.")
    total_bytes: float = strawberry.field(description="All of it.")

    @classmethod
    def of(cls, record: Disk) -> "DiskSpace":
        """A disk as clients see it."""
        return cls(free_bytes=float(record.free_bytes), total_bytes=float(record.total_bytes))


@described
@strawberry.type
class ServiceInfo:
    """What this server is made of."""

    version: str = strawberry.field(description="The version of draftcast.")
    ffmpeg_version: str = strawberry.field(description="The version of the ffmpeg in use; empty: none is found.")
    cjk_font: str | None = strawberry.field(description="The font that draws Chinese captions; null: none is found.")
    sample_draft_url: URL = strawberry.field(description="The draft that comes with the server, to try it with.")

    @strawberry.field
    async def accepting_tasks(self, info: Info) -> bool:
        """Whether a new task would be taken now: false while the queue is full."""
        return await tasks.accepting(info.context)

    @strawberry.field
    async def disk(self, info: Info) -> DiskSpace:
        """The disk that holds the server's data: what it works on, and its videos unless they are kept elsewhere."""
        return DiskSpace.of(await service.disk(info.context))

    @classmethod
    def of(cls, services: Services) -> "ServiceInfo":
        """The service as clients see it."""
        return cls(
            version=services.facts.version,
            ffmpeg_version=services.facts.ffmpeg_version or "",
            cjk_font=services.facts.cjk_font,
            sample_draft_url=URL(sample.draft_url(services.settings.base_url)),
        )
