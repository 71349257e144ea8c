"""The enums of the services, with a description for each value."""

from enum import Enum, StrEnum
from typing import Any, TypeVar

import strawberry

from resolvers.error_table import UserErrorCode
from services.ai_label import AiContent
from services.errors import ErrorCode, WarningCode
from services.output import OutputFormat, Quality
from services.store.records import DeliveryState, EventType, OrderField, Stage, Status, Unit
from services.telemetry.stream_metrics import Transport

E = TypeVar("E", bound=Enum)


class Locale(StrEnum):
    """The languages of messages."""

    EN = "EN"
    ZH = "ZH"


class OrderDirection(StrEnum):
    """The direction of a list."""

    ASC = "ASC"
    DESC = "DESC"


def _publish(cls: type[E], name: str, description: str, values: dict[E, str]) -> None:
    """Make a Python enum a GraphQL enum. Every member must be described."""
    published: Any = strawberry.enum(cls, name=name, description=description)
    for value in published.__strawberry_definition__.values:
        value.description = values[cls[value.name]]


_publish(
    Status,
    "VideoTaskStatus",
    "The state of a task. It only moves forward; a retry begins again at PENDING."
    " The polling endpoint says pending, processing, completed, and failed for both FAILED and CANCELED.",
    {
        Status.PENDING: "It waits in the queue.",
        Status.PROCESSING: "A worker renders it.",
        Status.COMPLETED: "The video is ready. Final.",
        Status.FAILED: "It ended with an error. Final, unless it is retried.",
        Status.CANCELED: "It was canceled. Final, unless it is retried.",
    },
)
_publish(
    Transport,
    "Transport",
    "The transport of a subscription.",
    {
        Transport.WEBSOCKET: "A websocket, graphql-transport-ws.",
        Transport.EVENTS: "Server-sent events.",
        Transport.MULTIPART: "A multipart response over HTTP.",
    },
)
_publish(
    Stage,
    "VideoTaskStage",
    "The steps of an attempt, in order. The number is the progress at which the stage begins.",
    {
        Stage.QUEUED: "0: it waits for a worker.",
        Stage.STARTED: "10: a worker has taken it.",
        Stage.PARSING_DRAFT: "20: the draft is fetched and read.",
        Stage.PREPARING: "30: the timeline is laid out and room is made.",
        Stage.PROCESSING_MATERIALS: "50: videos, pictures, sounds and captions are fetched and prepared.",
        Stage.EXPORTING: "70: frames are drawn and encoded.",
        Stage.WRITING_FILE: "90: the file is finished, checked and published.",
        Stage.DONE: "100: nothing is left to do.",
    },
)
_publish(
    Unit,
    "ProgressUnit",
    "The unit of `done` and `total` of a stage.",
    {
        Unit.BYTES: "Bytes fetched or written.",
        Unit.FILES: "Whole files.",
        Unit.ITEMS: "Items of the draft, such as segments or captions.",
        Unit.FRAMES: "Frames of the video.",
    },
)
_publish(
    DeliveryState,
    "WebhookDeliveryState",
    "The state of a webhook delivery.",
    {
        DeliveryState.WAITING: "It is tried now, or again later.",
        DeliveryState.DELIVERED: "The receiver has answered with a status of 200 to 299. Final.",
        DeliveryState.FAILED: "It was tried for 24 hours, or the receiver has answered 410. Final.",
    },
)
_publish(
    ErrorCode,
    "VideoTaskErrorCode",
    "Why a task failed.",
    {
        ErrorCode.DRAFT_URL_REFUSED: "The draft URL leads to an address that this server does not fetch from.",
        ErrorCode.DRAFT_NOT_FOUND: "The draft's server knows no such draft, or could not be reached.",
        ErrorCode.DRAFT_ENCRYPTED: "The draft was saved encrypted by the app and cannot be read.",
        ErrorCode.DRAFT_INVALID: "The content of the draft URL is not a draft, or its values are invalid.",
        ErrorCode.DRAFT_EMPTY: "The draft has nothing to show or play.",
        ErrorCode.DRAFT_TOO_LARGE: "The draft is larger or longer than this server's limits.",
        ErrorCode.REPLACEMENT_UNKNOWN: "The draft has nothing that a replacement names.",
        ErrorCode.MATERIAL_UNREACHABLE: "A material could not be fetched.",
        ErrorCode.MATERIAL_REFUSED: "A material's address is one that this server does not fetch from.",
        ErrorCode.MATERIAL_TOO_LARGE: "A material, or all together, are larger than this server's limits.",
        ErrorCode.MATERIAL_UNREADABLE: "A material is damaged or of a kind that cannot be read.",
        ErrorCode.FEATURE_UNSUPPORTED: "A strict task's draft uses something that cannot be drawn as designed, or the "
        "worker cannot write the output's format.",
        ErrorCode.RENDER_FAILED: "Drawing or encoding failed.",
        ErrorCode.RENDER_TIMEOUT: "The attempt took longer than allowed.",
        ErrorCode.OUT_OF_DISK: "The server's disk is full.",
        ErrorCode.OUT_OF_MEMORY: "The render needed more memory than it was given.",
        ErrorCode.PUBLISH_FAILED: "The finished file could not be stored.",
        ErrorCode.WORKER_LOST: "The worker died in each of the attempts.",
        ErrorCode.EXPIRED: "It waited longer than its `expiresInSeconds`.",
        ErrorCode.INTERNAL: "A fault of the service itself.",
    },
)
_publish(
    WarningCode,
    "DraftWarningCode",
    "The difference between the video and the draft as designed.",
    {
        WarningCode.EFFECT_APPROXIMATED: "An effect is drawn approximately.",
        WarningCode.EFFECT_SKIPPED: "An effect is not drawn.",
        WarningCode.FONT_SUBSTITUTED: "Another font is used.",
        WarningCode.GLYPH_MISSING: "No font has a character of a caption.",
        WarningCode.MATERIAL_MISSING: "A material, or its sound, is unavailable and left out.",
        WarningCode.MATERIAL_FROZEN: "A material is shorter than its segment; its last frame is repeated.",
        WarningCode.MATERIAL_APPROXIMATED: "A part of a material's file is drawn approximately.",
        WarningCode.KEYFRAME_SIMPLIFIED: "An animation is drawn simpler than designed.",
        WarningCode.SEGMENT_SKIPPED: "A segment is left out.",
        WarningCode.FIELD_UNKNOWN: "The draft has an unknown part, which is left out.",
        WarningCode.PROVENANCE_LOST: "A material's C2PA manifest is not in the video.",
        WarningCode.PLACEHOLDER_LEFT: "A placeholder of a caption has no replacement, and is drawn as it is.",
    },
)
_publish(
    EventType,
    "VideoTaskEventType",
    "The kind of a change.",
    {
        EventType.SNAPSHOT: "No change: the state at the beginning of the subscription.",
        EventType.PROGRESS: "The percentage, or the counts of a stage. Several may be sent as one.",
        EventType.STAGE_CHANGED: "A new stage began. Never left out.",
        EventType.STATUS_CHANGED: "The status changed. Never left out.",
    },
)
_publish(
    OutputFormat,
    "VideoOutputFormat",
    "The format of a file.",
    {
        OutputFormat.MP4: "H.264 and AAC in MP4.",
        OutputFormat.MP4_HEVC: "HEVC and AAC in MP4: smaller, slower to make.",
        OutputFormat.MP4_AV1: "AV1 and AAC in MP4: smallest.",
        OutputFormat.WEBM_ALPHA: "VP9 and Opus in WebM, on a transparent background.",
        OutputFormat.PRORES_4444: "ProRes 4444 in QuickTime, on a transparent background, for editors.",
        OutputFormat.M4A: "The sound alone.",
        OutputFormat.GIF: "An animated GIF.",
        OutputFormat.WEBP: "An animated WebP.",
        OutputFormat.JPEG: "One frame, that of `startMs`.",
        OutputFormat.CONTACT_SHEET: "A JPEG of twelve frames, evenly spaced.",
    },
)
_publish(
    Quality,
    "VideoQuality",
    "The quality of the encoding.",
    {
        Quality.DRAFT: "Half of the canvas's size and of the frame rate unless they are given, for a quick look.",
        Quality.STANDARD: "For viewing and platforms.",
        Quality.HIGH: "For further editing: a larger file, slower to make.",
    },
)
_publish(
    AiContent,
    "AiContent",
    "Whether content was generated by AI: the field `Label` of GB 45438-2025.",
    {
        AiContent.GENERATED: "1: it was, as its producer says.",
        AiContent.POSSIBLE: "2: it may have been, as its user says.",
        AiContent.SUSPECTED: "3: it seems to have been, as its distributor found.",
    },
)
_publish(
    OrderField,
    "VideoTaskOrderField",
    "The order of a list of tasks.",
    {
        OrderField.CREATED_AT: "When it was submitted.",
        OrderField.UPDATED_AT: "When it last changed.",
        OrderField.COMPLETED_AT: "When it ended; tasks that have not come last.",
    },
)
_publish(
    OrderDirection,
    "OrderDirection",
    "The direction of a list.",
    {OrderDirection.ASC: "Oldest first.", OrderDirection.DESC: "Newest first."},
)
_publish(
    Locale,
    "Locale",
    "The language of a message.",
    {Locale.EN: "English.", Locale.ZH: "Simplified Chinese."},
)
_publish(
    UserErrorCode,
    "UserErrorCode",
    "Errors that the caller can correct.",
    {
        UserErrorCode.INVALID_INPUT: "An argument is invalid.",
        UserErrorCode.NOT_FOUND: "There is no such task, or the caller may not see it.",
        UserErrorCode.INVALID_STATE: "The task's state does not allow it, for instance to cancel an ended task.",
        UserErrorCode.IDEMPOTENCY_CONFLICT: "The idempotency key was used before, with other input.",
        UserErrorCode.QUOTA_EXCEEDED: "The caller has reached a limit; `resetAt` is its end.",
        UserErrorCode.QUEUE_FULL: "Too many tasks are waiting; try again later.",
        UserErrorCode.FORBIDDEN: "The caller's key lacks the scope for this.",
    },
)
