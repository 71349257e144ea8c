from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Refusal, Task


class SubmitAll(BaseModel):
    submit_video_tasks: "SubmitAllSubmitVideoTasks"


class SubmitAllSubmitVideoTasks(BaseModel):
    results: list["SubmitAllSubmitVideoTasksResults"]
    errors: list["SubmitAllSubmitVideoTasksErrors"]


class SubmitAllSubmitVideoTasksResults(BaseModel):
    task: Optional["SubmitAllSubmitVideoTasksResultsTask"] = Field(default=None)
    created: bool
    errors: list["SubmitAllSubmitVideoTasksResultsErrors"]


SubmitAllSubmitVideoTasksResultsTask = Task
SubmitAllSubmitVideoTasksResultsErrors = Refusal
SubmitAllSubmitVideoTasksErrors = Refusal
SubmitAll.model_rebuild()
SubmitAllSubmitVideoTasks.model_rebuild()
SubmitAllSubmitVideoTasksResults.model_rebuild()
