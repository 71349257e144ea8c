from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Refusal, Task


class Cancel(BaseModel):
    cancel_video_task: "CancelCancelVideoTask"


class CancelCancelVideoTask(BaseModel):
    task: Optional["CancelCancelVideoTaskTask"] = Field(default=None)
    errors: list["CancelCancelVideoTaskErrors"]


CancelCancelVideoTaskTask = Task
CancelCancelVideoTaskErrors = Refusal
Cancel.model_rebuild()
CancelCancelVideoTask.model_rebuild()
