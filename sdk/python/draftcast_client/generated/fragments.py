from typing import Optional

from draftcast_client.values import DateTime, JsonObject
from pydantic import Field

from .base_model import BaseModel
from .enums import (
    DraftWarningCode,
    ProgressUnit,
    UserErrorCode,
    VideoTaskErrorCode,
    VideoTaskEventType,
    VideoTaskStage,
    VideoTaskStatus,
)


class DraftWarning(BaseModel):
    code: DraftWarningCode
    message: str
    start_seconds: Optional[float] = Field(default=None)
    end_seconds: Optional[float] = Field(default=None)
    track: Optional[str] = Field(default=None)
    segment_id: Optional[str] = Field(default=None)
    material_name: Optional[str] = Field(default=None)
    effect_id: Optional[str] = Field(default=None)


class Failure(BaseModel):
    code: VideoTaskErrorCode
    message: str
    hint: Optional[str] = Field(default=None)
    retryable: bool
    stage: VideoTaskStage
    material_url: Optional[str] = Field(default=None)
    segment_id: Optional[str] = Field(default=None)


class TaskSummary(BaseModel):
    id: str
    draft_url: str
    status: VideoTaskStatus
    stage: VideoTaskStage
    progress: int
    seq: int
    attempt: int
    video_url: Optional[str] = Field(default=None)
    stream_url: Optional[str] = Field(default=None)
    created_at: DateTime
    started_at: Optional[DateTime] = Field(default=None)
    completed_at: Optional[DateTime] = Field(default=None)
    updated_at: DateTime
    error: Optional["TaskSummaryError"] = Field(default=None)


class TaskSummaryError(Failure):
    pass


class Task(TaskSummary):
    metadata: Optional[JsonObject] = Field(default=None)
    queue_position: Optional[int] = Field(default=None)
    estimated_completion_at: Optional[DateTime] = Field(default=None)
    preview_url: Optional[str] = Field(default=None)
    thumbnail_url: Optional[str] = Field(default=None)
    can_cancel: bool
    can_retry: bool
    video: Optional["TaskVideo"] = Field(default=None)
    warnings: list["TaskWarnings"]
    stages: list["TaskStages"]


class TaskVideo(BaseModel):
    url: str
    expires_at: Optional[DateTime] = Field(default=None)
    width: int
    height: int
    duration_seconds: float
    frame_rate: float
    size_bytes: float
    sha_256: str


class TaskWarnings(DraftWarning):
    pass


class TaskStages(BaseModel):
    stage: VideoTaskStage
    started_at: DateTime
    completed_at: Optional[DateTime] = Field(default=None)
    done: Optional[float] = Field(default=None)
    total: Optional[float] = Field(default=None)
    unit: Optional[ProgressUnit] = Field(default=None)


class Event(BaseModel):
    seq: int
    type_: VideoTaskEventType = Field(alias="type")
    at: DateTime
    status: VideoTaskStatus
    stage: VideoTaskStage
    progress: int
    attempt: int
    task: "EventTask"


class EventTask(Task):
    pass


class Refusal(BaseModel):
    code: UserErrorCode
    message: str
    path: Optional[list[str]] = Field(default=None)
    reset_at: Optional[DateTime] = Field(default=None)


class Report(BaseModel):
    draft_url: str
    renderable: bool
    width: Optional[int] = Field(default=None)
    height: Optional[int] = Field(default=None)
    duration_seconds: Optional[float] = Field(default=None)
    frame_rate: Optional[float] = Field(default=None)
    tracks: Optional[int] = Field(default=None)
    segments: Optional[int] = Field(default=None)
    materials: Optional[int] = Field(default=None)
    exact_looks: Optional[int] = Field(default=None)
    near_looks: Optional[int] = Field(default=None)
    left_out_looks: Optional[int] = Field(default=None)
    designed_seconds: Optional[float] = Field(default=None)
    placeholders: list[str]
    missing_placeholders: list[str]
    unknown_replacements: list[str]
    warnings: list["ReportWarnings"]
    error: Optional["ReportError"] = Field(default=None)


class ReportWarnings(DraftWarning):
    pass


class ReportError(Failure):
    pass


DraftWarning.model_rebuild()
Failure.model_rebuild()
TaskSummary.model_rebuild()
Task.model_rebuild()
Event.model_rebuild()
Refusal.model_rebuild()
Report.model_rebuild()
