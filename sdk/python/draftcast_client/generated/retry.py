from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Refusal, Task


class Retry(BaseModel):
    retry_video_task: "RetryRetryVideoTask"


class RetryRetryVideoTask(BaseModel):
    task: Optional["RetryRetryVideoTaskTask"] = Field(default=None)
    errors: list["RetryRetryVideoTaskErrors"]


RetryRetryVideoTaskTask = Task
RetryRetryVideoTaskErrors = Refusal
Retry.model_rebuild()
RetryRetryVideoTask.model_rebuild()
