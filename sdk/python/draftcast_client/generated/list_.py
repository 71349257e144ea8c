from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import TaskSummary


class List(BaseModel):
    video_tasks: "ListVideoTasks"


class ListVideoTasks(BaseModel):
    nodes: list["ListVideoTasksNodes"]
    total_count: int
    page_info: "ListVideoTasksPageInfo"


ListVideoTasksNodes = TaskSummary


class ListVideoTasksPageInfo(BaseModel):
    has_next_page: bool
    end_cursor: Optional[str] = Field(default=None)


List.model_rebuild()
ListVideoTasks.model_rebuild()
