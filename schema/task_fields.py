"""The parts of a task: stages, video, error, warnings, deliveries."""

from typing import Annotated

import strawberry

from schema.described import about, described, plain
from schema.enums import Locale
from schema.info import Info
from schema.scalars import URL, DateTime
from services import replacements
from services.errors import Bilingual, DraftWarning, ErrorCode, Failure, WarningCode
from services.output import Output, OutputFormat, Quality
from services.store import records
from services.store.records import Delivery, DeliveryState, Stage, Unit

Language = Annotated[Locale | None, about("The language of the text.")]


def at(time_ms: int | None) -> DateTime | None:
    """A time; None for None."""
    return None if time_ms is None else DateTime(time_ms)


def localized(text: Bilingual, locale: Locale | None) -> str:
    """The text in a language; in English for None."""
    return text.zh if locale is Locale.ZH else text.en


@described
@strawberry.type
class StageProgress:
    """A stage that the present attempt has reached."""

    stage: Stage = strawberry.field(description="The stage.")
    started_at: DateTime = strawberry.field(description="When it began.")
    completed_at: DateTime | None = strawberry.field(description="When it ended; null while it runs.")
    done: float | None = strawberry.field(description="Number of finished `unit`s, where they are counted.")
    total: float | None = strawberry.field(description="Total number of `unit`s, once it is known.")
    unit: Unit | None = strawberry.field(description="The unit of `done` and `total`.")

    @classmethod
    def of(cls, record: records.StageProgress) -> "StageProgress":
        """A stage as a GraphQL object."""
        return cls(
            stage=record.stage,
            started_at=DateTime(record.started_at_ms),
            completed_at=at(record.completed_at_ms),
            done=record.done,
            total=record.total,
            unit=record.unit,
        )


@described
@strawberry.type
class RenderedVideo:
    """A finished file: an MP4 with H.264 picture and AAC sound unless another `output` was requested. Width, height and
    frame rate are 0 where it has no picture.
    """

    key: strawberry.Private[str]
    expires_at: DateTime | None = strawberry.field(description="The expiry of `url`; null when it does not expire.")
    width: int = strawberry.field(description="Width in pixels.")
    height: int = strawberry.field(description="Height in pixels.")
    duration_seconds: float = strawberry.field(description="Length in seconds.")
    frame_rate: float = strawberry.field(description="Frames a second.")
    size_bytes: float = strawberry.field(description="Size of the file in bytes.")
    sha256: str = strawberry.field(description="SHA-256 of the file, in hexadecimal digits.")

    @strawberry.field
    @plain
    def url(self, info: Info) -> URL:
        """The URL of the file. It supports HTTP Range, as players need."""
        return URL(info.context.services.files.url(self.key))

    @classmethod
    def of(cls, record: records.Video) -> "RenderedVideo":
        """A video as a GraphQL object."""
        return cls(
            key=record.key,
            expires_at=None,
            width=record.width,
            height=record.height,
            duration_seconds=record.duration_us / 1_000_000,
            frame_rate=record.frame_rate,
            size_bytes=float(record.size_bytes),
            sha256=record.sha256,
        )


@described
@strawberry.type
class Replacement:
    """New content of a part of the draft."""

    name: str = strawberry.field(description="The part's name.")
    text: str | None = strawberry.field(description="The new text.")
    url: URL | None = strawberry.field(description="The URL of the new file.")

    @classmethod
    def of(cls, record: replacements.Replacement) -> "Replacement":
        """A replacement as a GraphQL object."""
        return cls(name=record.name, text=record.text, url=None if record.url is None else URL(record.url))


@described
@strawberry.type
class VideoOutput:
    """The requested file."""

    format: OutputFormat = strawberry.field(description="The file's format.")
    quality: Quality = strawberry.field(description="The quality of its encoding.")
    short_side: int | None = strawberry.field(description="The picture's shorter side in pixels, if it was given.")
    scale: float | None = strawberry.field(description="The factor of the canvas's size, if it was given.")
    frame_rate: float | None = strawberry.field(description="Frames a second, if they were given.")
    start_ms: int = strawberry.field(description="The beginning of the range, in milliseconds of the draft.")
    end_ms: int | None = strawberry.field(description="The end of the range; null for the draft's end.")
    sound: bool = strawberry.field(description="Whether it has the draft's sound.")

    @classmethod
    def of(cls, record: Output) -> "VideoOutput":
        """An output as a GraphQL object."""
        return cls(
            format=record.format,
            quality=record.quality,
            short_side=record.short_side,
            scale=record.scale,
            frame_rate=record.frame_rate,
            start_ms=record.start_ms,
            end_ms=record.end_ms,
            sound=record.sound,
        )


@described
@strawberry.type
class VideoTaskError:
    """Why a task failed."""

    failure: strawberry.Private[Failure]
    code: ErrorCode = strawberry.field(description="The kind of failure, for programs.")
    retryable: bool = strawberry.field(description="Whether the same draft may succeed without being changed.")
    stage: Stage = strawberry.field(description="The stage in which it failed.")
    material_url: URL | None = strawberry.field(description="The URL of the material that caused it.")
    segment_id: str | None = strawberry.field(description="The id in the draft of the segment that caused it.")

    @strawberry.field
    @plain
    def message(self, locale: Language = Locale.EN) -> str:
        """The error, for people."""
        return localized(self.failure.message, locale)

    @strawberry.field
    @plain
    def hint(self, locale: Language = Locale.EN) -> str | None:
        """What to do about it, for people."""
        return localized(self.failure.hint, locale)

    @classmethod
    def of(cls, record: Failure, stage: Stage) -> "VideoTaskError":
        """A failure as a GraphQL object."""
        return cls(
            failure=record,
            code=record.code,
            retryable=record.retryable,
            stage=stage,
            material_url=None if record.material_url is None else URL(record.material_url),
            segment_id=record.segment_id,
        )


@described
@strawberry.type(name="DraftWarning")
class WarningOfDraft:
    """A part of the draft that is not drawn as designed."""

    text: strawberry.Private[Bilingual]
    code: WarningCode = strawberry.field(description="The kind of difference, for programs.")
    segment_id: str | None = strawberry.field(description="The segment's id in the draft.")
    material_name: str | None = strawberry.field(description="The material's name in the draft.")
    effect_id: str | None = strawberry.field(description="The effect's id in the draft.")
    start_seconds: float | None = strawberry.field(description="When its segment begins, in seconds of the draft.")
    end_seconds: float | None = strawberry.field(description="When its segment ends, in seconds of the draft.")
    track: str | None = strawberry.field(
        description="The segment's track: its kind (video, audio, text, sticker, effect) and its number among the "
        "draft's tracks of this kind, as `text 2`."
    )

    @strawberry.field
    @plain
    def message(self, locale: Language = Locale.EN) -> str:
        """The difference, for people."""
        return localized(self.text, locale)

    @classmethod
    def of(cls, record: DraftWarning) -> "WarningOfDraft":
        """A warning as a GraphQL object."""
        return cls(
            text=record.message,
            code=record.code,
            segment_id=record.segment_id,
            material_name=record.material_name,
            effect_id=record.effect_id,
            start_seconds=_seconds(record.start_us),
            end_seconds=_seconds(record.end_us),
            track=record.track,
        )


def _seconds(us: int | None) -> float | None:
    return None if us is None else us / 1_000_000


@described
@strawberry.type
class WebhookDelivery:
    """The delivery of an event to the task's webhook."""

    seq: int = strawberry.field(description="The event's seq; with the task's id it makes the message's webhook-id.")
    state: DeliveryState = strawberry.field(description="The state of the delivery.")
    attempts: int = strawberry.field(description="Number of attempts.")
    created_at: DateTime = strawberry.field(description="When the event happened.")
    next_attempt_at: DateTime | None = strawberry.field(description="When it is tried next, while WAITING.")
    ended_at: DateTime | None = strawberry.field(description="When it was delivered or given up.")
    answer: int | None = strawberry.field(description="The HTTP status of the last attempt.")
    error: str | None = strawberry.field(description="The error of the last attempt that had no answer.")

    @classmethod
    def of(cls, record: Delivery) -> "WebhookDelivery":
        """A delivery as a GraphQL object."""
        waiting = record.state is DeliveryState.WAITING
        return cls(
            seq=record.seq,
            state=record.state,
            attempts=record.attempts,
            created_at=DateTime(record.created_at_ms),
            next_attempt_at=DateTime(record.due_at_ms) if waiting else None,
            ended_at=at(record.ended_at_ms),
            answer=record.answer,
            error=record.error,
        )


def file_url(info: Info, key: str | None) -> URL | None:
    """The URL of a stored file; None for None."""
    url = info.context.file_url(key)
    return None if url is None else URL(url)
