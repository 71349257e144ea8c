"""The input types. A missing argument and null mean the same."""

from dataclasses import fields
from typing import TypeVar

import strawberry
from strawberry.types.unset import UnsetType

from schema.described import described
from schema.enums import OrderDirection
from schema.scalars import URL, DateTime, JSONObject
from services.ai_label import AiContent, AiLabel
from services.errors import ErrorCode
from services.output import STANDARD_OUTPUT, Output, OutputFormat, Quality, output_of
from services.replacements import Replacement, Replacements, in_order
from services.store.records import EventType, Order, OrderField, PageRequest, Stage, Status, TaskFilter, TaskRequest

T = TypeVar("T")


def given(value: T | None) -> T | None:
    """The value; None when it is missing. The default UNSET keeps `= null` out of the SDL."""
    return None if isinstance(value, UnsetType) else value


def several(values: list[T] | None) -> tuple[T, ...] | None:
    """The distinct values of a list; None when it is missing."""
    wanted = given(values)
    return None if wanted is None else tuple(dict.fromkeys(wanted))


def page_request(
    first: int | None, after: str | None, last: int | None = None, before: str | None = None
) -> PageRequest:
    """The page of the four usual arguments."""
    return PageRequest(first=given(first), after=given(after), last=given(last), before=given(before))


@described
@strawberry.input
class VideoTaskFilter:
    """A filter of tasks. All given conditions must be met."""

    status: list[Status] | None = strawberry.field(default=strawberry.UNSET, description="Its status is one of these.")
    stage: list[Stage] | None = strawberry.field(default=strawberry.UNSET, description="Its stage is one of these.")
    error_code: list[ErrorCode] | None = strawberry.field(
        default=strawberry.UNSET, description="It failed with one of these."
    )
    draft_url: URL | None = strawberry.field(default=strawberry.UNSET, description="It renders this draft.")
    created_after: DateTime | None = strawberry.field(
        default=strawberry.UNSET, description="It was submitted after this time."
    )
    created_before: DateTime | None = strawberry.field(
        default=strawberry.UNSET, description="It was submitted before this time."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Its draft URL contains this, or its id begins with this (six digits or more). One or two "
        "characters are looked for in your newest 1000 tasks only.",
    )

    def wanted(self) -> TaskFilter:
        """The filter of the services."""
        return TaskFilter(
            status=several(self.status),
            stage=several(self.stage),
            error_code=several(self.error_code),
            draft_url=given(self.draft_url),
            created_after_ms=given(self.created_after),
            created_before_ms=given(self.created_before),
            search=given(self.search),
        )


@described
@strawberry.input
class VideoTaskOrder:
    """The order of a list of tasks."""

    field: OrderField = strawberry.field(description="The sort key.")
    direction: OrderDirection = strawberry.field(description="The direction.")

    def wanted(self) -> Order:
        """The order of the services."""
        return Order(self.field, descending=self.direction is OrderDirection.DESC)


@described
@strawberry.input
class AiLabelInput:
    """The label of AI-generated content by GB 45438-2025, which the file's metadata gets in the field `AIGC`."""

    content: AiContent | None = strawberry.field(default=strawberry.UNSET, description="GENERATED without it.")
    content_producer: str = strawberry.field(
        description="The name or code of the service that generated the content, 1 to 200 characters."
    )
    produce_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The producer's number of the content; the task's id without it."
    )
    reserved_code1: str | None = strawberry.field(
        default=strawberry.UNSET, description="Reserved for the producer, such as a signature."
    )
    content_propagator: str | None = strawberry.field(
        default=strawberry.UNSET, description="The name or code of the service that distributes the content."
    )
    propagate_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The distributor's number of the content."
    )
    reserved_code2: str | None = strawberry.field(
        default=strawberry.UNSET, description="Reserved for the distributor, such as a signature."
    )
    mark: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True shows AI生成 in the first three seconds, and on pictures. False without it.",
    )

    def fields(self) -> dict[str, object]:
        """The fields of the services' label."""
        return {field.name: given(getattr(self, field.name)) for field in fields(AiLabel)}


@described
@strawberry.input
class VideoOutputInput:
    """The requested file. What is missing is as in the draft: the whole of it as an MP4 in its size and frame rate."""

    format: OutputFormat | None = strawberry.field(default=strawberry.UNSET, description="MP4 without it.")
    quality: Quality | None = strawberry.field(default=strawberry.UNSET, description="STANDARD without it.")
    short_side: int | None = strawberry.field(
        default=strawberry.UNSET, description="The picture's shorter side, 64 to 4320 pixels; the other one follows."
    )
    scale: float | None = strawberry.field(
        default=strawberry.UNSET, description="The picture's size as a factor of the canvas's, 0.05 to 4."
    )
    frame_rate: float | None = strawberry.field(default=strawberry.UNSET, description="1 to 120 frames a second.")
    start_ms: int | None = strawberry.field(
        default=strawberry.UNSET, description="The beginning of the range, in milliseconds of the draft."
    )
    end_ms: int | None = strawberry.field(
        default=strawberry.UNSET, description="The end of the range, in milliseconds of the draft."
    )
    sound: bool | None = strawberry.field(default=strawberry.UNSET, description="False leaves the sound out.")
    ai_label: AiLabelInput | None = strawberry.field(
        default=strawberry.UNSET, description="The label of AI-generated content; the server's without it, if any."
    )

    def output(self) -> Output:
        """The output of the services."""
        names = ("format", "quality", "short_side", "scale", "frame_rate", "start_ms", "end_ms", "sound")
        label = given(self.ai_label)
        return output_of({name: given(getattr(self, name)) for name in names} | {"ai_label": label and label.fields()})


@described
@strawberry.input
class ReplacementInput:
    """New content of a part of the draft: either `text` or `url`. The name of a text is that of a `{{placeholder}}` in
    captions, without the braces, or it is a caption's segment id, material id or material name. The name of a file is
    its material's name or id, or a segment's id.
    """

    name: str = strawberry.field(description="The part's name, 1 to 200 characters.")
    text: str | None = strawberry.field(default=strawberry.UNSET, description="The new text, up to 5000 characters.")
    url: URL | None = strawberry.field(
        default=strawberry.UNSET, description="The http(s) URL of the new picture, video or sound."
    )


def replacements(values: list[ReplacementInput] | None) -> Replacements:
    """The replacements of the services."""
    return in_order(
        Replacement(name=each.name, text=given(each.text), url=given(each.url)) for each in given(values) or ()
    )


@described
@strawberry.input
class SubmitVideoTaskInput:
    """A request for a video."""

    draft_url: URL = strawberry.field(description="The draft: a URL that answers in capcut-mate's `get_draft` form.")
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="1 to 256 characters of your own. The same key returns the same task in any state;"
        " with other input it is an error.",
    )
    priority: int | None = strawberry.field(
        default=strawberry.UNSET, description="-1000 to 1000; higher goes first. 0 without it."
    )
    strict: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Fail when a feature cannot be drawn as designed, instead of warning. False without it.",
    )
    expires_in_seconds: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="How long it may wait for a worker, 1 second to 30 days. Then it fails with EXPIRED.",
    )
    metadata: JSONObject | None = strawberry.field(
        default=strawberry.UNSET, description="Your own data, returned with the task."
    )
    webhook_url: URL | None = strawberry.field(
        default=strawberry.UNSET,
        description="The URL to POST the task's events to, signed by Standard Webhooks; retried for 24 hours.",
    )
    webhook_events: list[EventType] | None = strawberry.field(
        default=strawberry.UNSET, description="The events to send; changes of status by default."
    )
    output: VideoOutputInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="The file to make: its format, size, quality and range. The same draft with another output is"
        " another task.",
    )
    replace: list[ReplacementInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="New texts and files for parts of the draft, up to 200. The same draft with others is another"
        " task.",
    )

    def request(self) -> TaskRequest:
        """The request of the services."""
        return TaskRequest(
            draft_url=self.draft_url,
            idempotency_key=given(self.idempotency_key),
            priority=given(self.priority) or 0,
            strict=given(self.strict) or False,
            expires_in_seconds=given(self.expires_in_seconds),
            metadata=given(self.metadata),
            webhook_url=given(self.webhook_url),
            webhook_events=several(self.webhook_events),
            output=wanted.output() if (wanted := given(self.output)) else STANDARD_OUTPUT,
            replacements=replacements(self.replace),
        )
