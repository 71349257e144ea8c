"""What can be changed."""

from typing import Annotated

import strawberry

from resolvers import tasks
from schema.described import about, described
from schema.info import Info
from schema.inputs import SubmitVideoTaskInput
from schema.payloads import SubmitVideoTaskPayload, UserError, VideoTaskPayload, WatchTokenPayload
from schema.tasks import VideoTask
from services.errors import RequestError

USUAL_SECONDS = 3600
TaskId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The task's id.")]


@described
@strawberry.type
class Mutation:
    """What can be changed. What the caller can mend comes as `errors` of the payload."""

    @strawberry.mutation
    async def submit_video_task(
        self,
        info: Info,
        wish: Annotated[SubmitVideoTaskInput, strawberry.argument(name="input", description="What to render.")],
    ) -> SubmitVideoTaskPayload:
        """Ask for a video. It may be repeated safely: the same draft URL gives the same task while that
        one waits or runs, and the same `idempotencyKey` gives it for ever.
        """
        try:
            submitted = await tasks.submit(info.context, wish.request())
        except RequestError as error:
            return SubmitVideoTaskPayload(task=None, created=False, errors=[UserError.of(error, "input")])
        return SubmitVideoTaskPayload(task=VideoTask.of(submitted.task), created=submitted.created, errors=[])

    @strawberry.mutation
    async def cancel_video_task(self, info: Info, task_id: TaskId) -> VideoTaskPayload:
        """Stop a task that waits or runs. Canceling it again changes nothing."""
        try:
            task = await tasks.cancel(info.context, task_id)
        except RequestError as error:
            return VideoTaskPayload(task=None, errors=[UserError.of(error)])
        return VideoTaskPayload(task=VideoTask.of(task), errors=[])

    @strawberry.mutation
    async def retry_video_task(self, info: Info, task_id: TaskId) -> VideoTaskPayload:
        """Put a failed or canceled task into the queue again: the same task, a new attempt."""
        try:
            task = await tasks.retry(info.context, task_id)
        except RequestError as error:
            return VideoTaskPayload(task=None, errors=[UserError.of(error)])
        return VideoTaskPayload(task=VideoTask.of(task), errors=[])

    @strawberry.mutation
    async def create_watch_token(
        self,
        info: Info,
        task_id: TaskId,
        expires_in_seconds: Annotated[int, about("For how long, up to a week.")] = USUAL_SECONDS,
    ) -> WatchTokenPayload:
        """A token with which a web page can watch this one task and play its video, and do nothing else."""
        try:
            return WatchTokenPayload.of(await tasks.watch_token(info.context, task_id, expires_in_seconds))
        except RequestError as error:
            return WatchTokenPayload(token=None, expires_at=None, errors=[UserError.of(error)])
