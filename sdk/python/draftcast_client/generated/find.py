from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Task


class Find(BaseModel):
    video_task: Optional["FindVideoTask"] = Field(default=None)


FindVideoTask = Task
Find.model_rebuild()
