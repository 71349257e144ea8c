"""What is known of a draft before it is rendered."""

import strawberry

from schema.described import described
from schema.scalars import URL
from schema.task_fields import VideoTaskError, WarningOfDraft
from services.tasks import report


@described
@strawberry.type
class DraftReport:
    """What a render of a draft would lose or lack. What could not be found out is null."""

    draft_url: URL = strawberry.field(description="The draft that was looked at.")
    renderable: bool = strawberry.field(description="Whether a render would give a video; `error` says why not.")
    width: int | None = strawberry.field(description="Width of the video in pixels.")
    height: int | None = strawberry.field(description="Height of the video in pixels.")
    duration_seconds: float | None = strawberry.field(description="Length in seconds.")
    frame_rate: float | None = strawberry.field(description="Frames a second.")
    tracks: int | None = strawberry.field(description="How many tracks of pictures, sounds or captions it has.")
    segments: int | None = strawberry.field(description="How many segments are on these tracks.")
    materials: int | None = strawberry.field(description="How many files and texts these segments show or sound.")
    warnings: list[WarningOfDraft] = strawberry.field(
        description="What would not be drawn as designed, as far as it was looked at: all of it without an `error`."
    )
    error: VideoTaskError | None = strawberry.field(description="What a render would fail with.")

    @classmethod
    def of(cls, record: report.DraftReport) -> "DraftReport":
        """A report as clients see it."""
        found = record.found
        return cls(
            draft_url=URL(record.draft_url),
            renderable=record.renderable,
            width=found.width,
            height=found.height,
            duration_seconds=None if found.duration_us is None else found.duration_us / 1_000_000,
            frame_rate=found.frame_rate,
            tracks=found.tracks,
            segments=found.segments,
            materials=found.materials,
            warnings=[WarningOfDraft.of(warning) for warning in record.warnings],
            error=VideoTaskError.of(found.error, record.stage) if found.error else None,
        )
