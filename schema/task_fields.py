"""What a task is made of: stages, video, error, warnings."""

from typing import Annotated

import strawberry

from schema.described import about, described, plain
from schema.enums import Locale
from schema.info import Info
from schema.scalars import URL, DateTime
from services.errors import Bilingual, DraftWarning, ErrorCode, Failure, WarningCode
from services.store import records
from services.store.records import Delivery, DeliveryState, Stage, Unit

Language = Annotated[Locale | None, about("The language of the text.")]


def at(time_ms: int | None) -> DateTime | None:
    """A time that may be missing."""
    return None if time_ms is None else DateTime(time_ms)


def _spoken(text: Bilingual, locale: Locale | None) -> str:
    return text.zh if locale is Locale.ZH else text.en


@described
@strawberry.type
class StageProgress:
    """A stage that the present attempt has reached."""

    stage: Stage = strawberry.field(description="Which stage.")
    started_at: DateTime = strawberry.field(description="When it began.")
    completed_at: DateTime | None = strawberry.field(description="When it ended; null while it lasts.")
    done: float | None = strawberry.field(description="How many `unit`s are done, where it can be counted.")
    total: float | None = strawberry.field(description="How many `unit`s there are, once that is known.")
    unit: Unit | None = strawberry.field(description="What `done` and `total` count.")

    @classmethod
    def of(cls, record: records.StageProgress) -> "StageProgress":
        """A stage as clients see it."""
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
    """A finished MP4 file: H.264 picture and AAC sound."""

    key: strawberry.Private[str]
    expires_at: DateTime | None = strawberry.field(description="When `url` stops to work; null: it does not.")
    width: int = strawberry.field(description="Width in pixels.")
    height: int = strawberry.field(description="Height in pixels.")
    duration_seconds: float = strawberry.field(description="Length in seconds.")
    frame_rate: float = strawberry.field(description="Frames a second.")
    size_bytes: float = strawberry.field(description="Size of the file in bytes.")
    sha256: str = strawberry.field(description="SHA-256 of the file, in hexadecimal digits.")

    @strawberry.field
    @plain
    def url(self, info: Info) -> URL:
        """Where to get the file. It may be fetched in parts (HTTP Range), as players do."""
        return URL(info.context.services.files.url(self.key))

    @classmethod
    def of(cls, record: records.Video) -> "RenderedVideo":
        """A video as clients see it."""
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
class VideoTaskError:
    """Why a task failed."""

    failure: strawberry.Private[Failure]
    code: ErrorCode = strawberry.field(description="The kind of failure, for programs.")
    retryable: bool = strawberry.field(description="Whether the same draft may succeed without being changed.")
    stage: Stage = strawberry.field(description="The stage in which it failed.")
    material_url: URL | None = strawberry.field(description="The material that is to blame.")
    segment_id: str | None = strawberry.field(description="The id, in the draft, of the segment that is to blame.")

    @strawberry.field
    @plain
    def message(self, locale: Language = Locale.EN) -> str:
        """What happened, for people."""
        return _spoken(self.failure.message, locale)

    @strawberry.field
    @plain
    def hint(self, locale: Language = Locale.EN) -> str | None:
        """What to do about it."""
        return _spoken(self.failure.hint, locale)

    @classmethod
    def of(cls, record: Failure, stage: Stage) -> "VideoTaskError":
        """A failure as clients see it."""
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
    """Something that is not drawn as the draft's author saw it."""

    text: strawberry.Private[Bilingual]
    code: WarningCode = strawberry.field(description="The kind of difference, for programs.")
    segment_id: str | None = strawberry.field(description="The segment's id in the draft.")
    material_name: str | None = strawberry.field(description="The material's name in the draft.")
    effect_id: str | None = strawberry.field(description="The effect's id in the draft.")

    @strawberry.field
    @plain
    def message(self, locale: Language = Locale.EN) -> str:
        """What is different, for people."""
        return _spoken(self.text, locale)

    @classmethod
    def of(cls, record: DraftWarning) -> "WarningOfDraft":
        """A warning as clients see it."""
        return cls(
            text=record.message,
            code=record.code,
            segment_id=record.segment_id,
            material_name=record.material_name,
            effect_id=record.effect_id,
        )


@described
@strawberry.type
class WebhookDelivery:
    """An event on its way to the task's webhook."""

    seq: int = strawberry.field(description="The event's seq; with the task's id it makes the message's webhook-id.")
    state: DeliveryState = strawberry.field(description="What became of it.")
    attempts: int = strawberry.field(description="How often it was tried.")
    created_at: DateTime = strawberry.field(description="When the event happened.")
    next_attempt_at: DateTime | None = strawberry.field(description="When it is tried next, while it is WAITING.")
    ended_at: DateTime | None = strawberry.field(description="When it was delivered or given up.")
    answer: int | None = strawberry.field(description="The HTTP status that the receiver gave at last.")
    error: str | None = strawberry.field(description="Why there was no answer, when there was none.")

    @classmethod
    def of(cls, record: Delivery) -> "WebhookDelivery":
        """A delivery as clients see it."""
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
    """The address of a stored file that may be missing."""
    url = info.context.file_url(key)
    return None if url is None else URL(url)
