from .base_model import BaseModel
from .fragments import Event


class Watch(BaseModel):
    video_task_progress: "WatchVideoTaskProgress"


WatchVideoTaskProgress = Event
Watch.model_rebuild()
