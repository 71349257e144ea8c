"""The server and its queue."""

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
    """The tasks that ended within one minute."""

    at: DateTime = strawberry.field(description="The beginning of the minute.")
    completed: int = strawberry.field(description="Number of COMPLETED tasks.")
    failed: int = strawberry.field(description="Number of FAILED tasks.")

    @classmethod
    def of(cls, record: records.ThroughputPoint) -> "ThroughputPoint":
        """The GraphQL object of a minute."""
        return cls(at=DateTime(record.at_ms), completed=record.completed, failed=record.failed)


@described
@strawberry.type
class QueueStats:
    """The waiting and running tasks of the caller."""

    pending: int = strawberry.field(description="Number of waiting tasks.")
    processing: int = strawberry.field(description="Number of running tasks.")
    capacity: int = strawberry.field(description="Number of renders that can run at the same time.")
    oldest_pending_at: DateTime | None = strawberry.field(description="Since when the longest waiting task has waited.")

    @strawberry.field
    async def throughput(
        self,
        info: Info,
        last_minutes: Annotated[
            int | None, about(f"How far to look back, 1 to {MAX_THROUGHPUT_MINUTES}.")
        ] = DEFAULT_THROUGHPUT_MINUTES,
    ) -> list[ThroughputPoint]:
        """The tasks that ended in each of the last minutes, oldest first, the present minute included."""
        minutes = DEFAULT_THROUGHPUT_MINUTES if last_minutes is None else last_minutes
        return [ThroughputPoint.of(point) for point in await tasks.throughput(info.context, minutes)]

    @classmethod
    def of(cls, record: records.QueueState) -> "QueueStats":
        """The GraphQL object of a queue."""
        return cls(
            pending=record.pending,
            processing=record.processing,
            capacity=record.capacity,
            oldest_pending_at=at(record.oldest_pending_at_ms),
        )


@described
@strawberry.type
class DiskSpace:
    """The space of a disk, in bytes."""

    free_bytes: float = strawberry.field(description="Free space.")
    total_bytes: float = strawberry.field(description="Total space.")

    @classmethod
    def of(cls, record: Disk) -> "DiskSpace":
        """The GraphQL object of a disk."""
        return cls(free_bytes=float(record.free_bytes), total_bytes=float(record.total_bytes))


@described
@strawberry.type
class ScriptFont:
    """The font in which captions of a script are drawn."""

    script: str = strawberry.field(description="The script, in English: Chinese, Latin, Japanese, Korean, Arabic, ...")
    family: str | None = strawberry.field(description="The font; null when there is none, and letters are left out.")


@described
@strawberry.type
class ServiceInfo:
    """The server: its version, programs, fonts and disk."""

    version: str = strawberry.field(description="The version of draftcast.")
    ffmpeg_version: str = strawberry.field(description="The version of ffmpeg; empty when there is none.")
    cjk_font: str | None = strawberry.field(description="The font of Chinese captions; null when there is none.")
    script_fonts: list[ScriptFont] = strawberry.field(
        description="The fonts of captions that name none, or one without the letter, by script."
    )
    sample_draft_url: URL = strawberry.field(description="The URL of the built-in sample draft.")

    @strawberry.field
    async def accepting_tasks(self, info: Info) -> bool:
        """Whether a new task is accepted now: false while the queue is full."""
        return await tasks.accepting(info.context)

    @strawberry.field
    async def disk(self, info: Info) -> DiskSpace:
        """The disk of the data folder: work folders, and videos unless they are stored elsewhere."""
        return DiskSpace.of(await service.disk(info.context))

    @classmethod
    def of(cls, services: Services) -> "ServiceInfo":
        """The GraphQL object of the server."""
        return cls(
            version=services.facts.version,
            ffmpeg_version=services.facts.ffmpeg_version or "",
            cjk_font=services.facts.cjk_font,
            script_fonts=[
                ScriptFont(script=script, family=family) for script, family in services.facts.script_fonts.items()
            ],
            sample_draft_url=URL(sample.draft_url(services.settings.base_url)),
        )
