from typing import Optional

from draftcast_client.values import DateTime, JsonObject

from .base_model import BaseModel
from .enums import (
    AiContent,
    OrderDirection,
    VideoOutputFormat,
    VideoQuality,
    VideoTaskErrorCode,
    VideoTaskEventType,
    VideoTaskOrderField,
    VideoTaskStage,
    VideoTaskStatus,
)


class AiLabelInput(BaseModel):
    """The label of AI-generated content by GB 45438-2025, which the file's metadata gets in the field `AIGC`."""

    content: Optional[AiContent] = None
    "GENERATED without it."
    content_producer: str
    "The name or code of the service that generated the content, 1 to 200 characters."
    produce_id: Optional[str] = None
    "The producer's number of the content; the task's id without it."
    reserved_code_1: Optional[str] = None
    "Reserved for the producer, such as a signature."
    content_propagator: Optional[str] = None
    "The name or code of the service that distributes the content."
    propagate_id: Optional[str] = None
    "The distributor's number of the content."
    reserved_code_2: Optional[str] = None
    "Reserved for the distributor, such as a signature."
    mark: Optional[bool] = None
    "True shows AI生成 in the first three seconds, and on pictures. False without it."


class ReplacementInput(BaseModel):
    """New content of a part of the draft: either `text` or `url`. The name of a text is that of a `{{placeholder}}` in
    captions, without the braces, or it is a caption's segment id, material id or material name. The name of a file is
    its material's name or id, or a segment's id."""

    name: str
    "The part's name, 1 to 200 characters."
    text: Optional[str] = None
    "The new text, up to 5000 characters."
    url: Optional[str] = None
    "The http(s) URL of the new picture, video or sound."


class SubmitVideoTaskInput(BaseModel):
    """A request for a video."""

    draft_url: str
    "The draft: a URL that answers in capcut-mate's `get_draft` form."
    idempotency_key: Optional[str] = None
    "1 to 256 characters of your own. The same key returns the same task in any state; with other input it is an error."
    priority: Optional[int] = None
    "-1000 to 1000; higher goes first. 0 without it."
    strict: Optional[bool] = None
    "Fail when a feature cannot be drawn as designed, instead of warning. False without it."
    expires_in_seconds: Optional[int] = None
    "How long it may wait for a worker, 1 second to 30 days. Then it fails with EXPIRED."
    metadata: Optional[JsonObject] = None
    "Your own data, returned with the task."
    webhook_url: Optional[str] = None
    "The URL to POST the task's events to, signed by Standard Webhooks; retried for 24 hours."
    webhook_events: Optional[list[VideoTaskEventType]] = None
    "The events to send; changes of status by default."
    output: Optional["VideoOutputInput"] = None
    "The file to make: its format, size, quality and range. The same draft with another output is another task."
    replace: Optional[list["ReplacementInput"]] = None
    "New texts and files for parts of the draft, up to 200. The same draft with others is another task."


class VideoOutputInput(BaseModel):
    """The requested file. What is missing is as in the draft: the whole of it as an MP4 in its size and frame rate."""

    format: Optional[VideoOutputFormat] = None
    "MP4 without it."
    quality: Optional[VideoQuality] = None
    "STANDARD without it."
    short_side: Optional[int] = None
    "The picture's shorter side, 64 to 4320 pixels; the other one follows."
    scale: Optional[float] = None
    "The picture's size as a factor of the canvas's, 0.05 to 4."
    frame_rate: Optional[float] = None
    "1 to 120 frames a second."
    start_ms: Optional[int] = None
    "The beginning of the range, in milliseconds of the draft."
    end_ms: Optional[int] = None
    "The end of the range, in milliseconds of the draft."
    sound: Optional[bool] = None
    "False leaves the sound out."
    ai_label: Optional["AiLabelInput"] = None
    "The label of AI-generated content; the server's without it, if any."


class VideoTaskFilter(BaseModel):
    """A filter of tasks. All given conditions must be met."""

    status: Optional[list[VideoTaskStatus]] = None
    "Its status is one of these."
    stage: Optional[list[VideoTaskStage]] = None
    "Its stage is one of these."
    error_code: Optional[list[VideoTaskErrorCode]] = None
    "It failed with one of these."
    draft_url: Optional[str] = None
    "It renders this draft."
    created_after: Optional[DateTime] = None
    "It was submitted after this time."
    created_before: Optional[DateTime] = None
    "It was submitted before this time."
    search: Optional[str] = None
    "Its draft URL contains this, or its id begins with this (six digits or more). One or two characters are looked for in your newest 1000 tasks only."


class VideoTaskOrder(BaseModel):
    """The order of a list of tasks."""

    field: VideoTaskOrderField
    "The sort key."
    direction: OrderDirection
    "The direction."


SubmitVideoTaskInput.model_rebuild()
VideoOutputInput.model_rebuild()
