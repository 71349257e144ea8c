"""A client of draftcast's API: typed, for programs that wait and for asyncio."""

from .client import LOCAL_SERVER, AsyncDraftcast, Draftcast
from .errors import DraftcastError, NoVideo, Refused, Unreachable
from .generated.enums import (
    DraftWarningCode,
    OrderDirection,
    ProgressUnit,
    UserErrorCode,
    VideoOutputFormat,
    VideoQuality,
    VideoTaskErrorCode,
    VideoTaskEventType,
    VideoTaskOrderField,
    VideoTaskStage,
    VideoTaskStatus,
)
from .generated.fragments import DraftWarning, Event, Failure, Report, Task, TaskSummary
from .generated.input_types import (
    AiLabelInput,
    ReplacementInput,
    SubmitVideoTaskInput,
    VideoOutputInput,
    VideoTaskFilter,
    VideoTaskOrder,
)
from .generated.list_ import ListVideoTasks
from .requests import Locale

__all__ = [
    "LOCAL_SERVER",
    "AiLabelInput",
    "AsyncDraftcast",
    "DraftWarning",
    "DraftWarningCode",
    "Draftcast",
    "DraftcastError",
    "Event",
    "Failure",
    "ListVideoTasks",
    "Locale",
    "NoVideo",
    "OrderDirection",
    "ProgressUnit",
    "Refused",
    "ReplacementInput",
    "Report",
    "SubmitVideoTaskInput",
    "Task",
    "TaskSummary",
    "Unreachable",
    "UserErrorCode",
    "VideoOutputFormat",
    "VideoOutputInput",
    "VideoQuality",
    "VideoTaskErrorCode",
    "VideoTaskEventType",
    "VideoTaskFilter",
    "VideoTaskOrder",
    "VideoTaskOrderField",
    "VideoTaskStage",
    "VideoTaskStatus",
]
