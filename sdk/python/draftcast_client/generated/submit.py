from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Refusal, Task


class Submit(BaseModel):
    submit_video_task: "SubmitSubmitVideoTask"


class SubmitSubmitVideoTask(BaseModel):
    task: Optional["SubmitSubmitVideoTaskTask"] = Field(default=None)
    created: bool
    errors: list["SubmitSubmitVideoTaskErrors"]


SubmitSubmitVideoTaskTask = Task
SubmitSubmitVideoTaskErrors = Refusal
Submit.model_rebuild()
SubmitSubmitVideoTask.model_rebuild()
