"""Draft reports."""

import strawberry

from schema.described import described
from schema.scalars import URL
from schema.task_fields import VideoTaskError, WarningOfDraft
from services.tasks import report


@described
@strawberry.type
class DraftReport:
    """The size, warnings and error that a render of a draft would have. Unknown values are null."""

    draft_url: URL = strawberry.field(description="The draft.")
    renderable: bool = strawberry.field(description="Whether a render would give a video; if not, `error` says why.")
    width: int | None = strawberry.field(description="Width of the video in pixels.")
    height: int | None = strawberry.field(description="Height of the video in pixels.")
    duration_seconds: float | None = strawberry.field(description="Length in seconds.")
    frame_rate: float | None = strawberry.field(description="Frames a second.")
    tracks: int | None = strawberry.field(description="Number of tracks with pictures, sounds or captions.")
    segments: int | None = strawberry.field(description="Number of segments on these tracks.")
    materials: int | None = strawberry.field(description="Number of files and texts that these segments use.")
    exact_looks: int | None = strawberry.field(
        description="Number of transitions, animations, effects and filters that are drawn as designed."
    )
    near_looks: int | None = strawberry.field(description="Number of those that are only near; each is a warning.")
    left_out_looks: int | None = strawberry.field(description="Number of features left out; each is a warning.")
    designed_seconds: float | None = strawberry.field(
        description="Time in which nothing is only near or left out, of `durationSeconds`."
    )
    placeholders: list[str] = strawberry.field(
        description="The names of the `{{placeholders}}` in the captions, in order of appearance."
    )
    missing_placeholders: list[str] = strawberry.field(description="Those that `replace` has no text for.")
    unknown_replacements: list[str] = strawberry.field(
        description="The names of `replace` for which the draft has nothing; a render would fail."
    )
    warnings: list[WarningOfDraft] = strawberry.field(
        description="The warnings of a render; complete unless there is an `error`."
    )
    error: VideoTaskError | None = strawberry.field(description="The error of a render.")

    @classmethod
    def of(cls, record: report.DraftReport) -> "DraftReport":
        """The GraphQL object of a report."""
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
            exact_looks=found.exact,
            near_looks=found.near,
            left_out_looks=found.left_out,
            designed_seconds=None if found.designed_us is None else found.designed_us / 1_000_000,
            placeholders=list(found.placeholders or ()),
            missing_placeholders=list(found.missing or ()),
            unknown_replacements=list(found.unknown or ()),
            warnings=[WarningOfDraft.of(warning) for warning in record.warnings],
            error=VideoTaskError.of(found.error, record.stage) if found.error else None,
        )
