"""The mutations."""

from typing import Annotated, cast

import strawberry

from resolvers import connections, tasks
from schema.connections import EndConnectionPayload
from schema.described import about, described
from schema.info import Info
from schema.inputs import SubmitVideoTaskInput
from schema.payloads import (
    SubmitVideoTaskPayload,
    SubmitVideoTasksPayload,
    UserError,
    VideoTaskPayload,
    WatchTokenPayload,
)
from schema.tasks import VideoTask
from services.background import in_turns
from services.errors import RequestError

USUAL_SECONDS = 3600
TaskId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The task's id.")]


@described
@strawberry.type
class Mutation:
    """Changes of tasks. Errors that the caller can correct are in `errors` of the payload."""

    @strawberry.mutation
    async def submit_video_task(
        self,
        info: Info,
        wish: Annotated[SubmitVideoTaskInput, strawberry.argument(name="input", description="The request.")],
    ) -> SubmitVideoTaskPayload:
        """Submit a draft. It may be repeated safely: the same draft URL returns the same task while that
        one waits or runs, and the same `idempotencyKey` returns it always.
        """
        try:
            return SubmitVideoTaskPayload.of(await tasks.submit(info.context, wish.request()), "input")
        except RequestError as error:
            return SubmitVideoTaskPayload.of(error, "input")

    @strawberry.mutation
    async def submit_video_tasks(
        self,
        info: Info,
        inputs: Annotated[list[SubmitVideoTaskInput], about("The requests, up to 1000.")],
    ) -> SubmitVideoTasksPayload:
        """Submit several drafts, or variants of one, in one transaction. The error of a request ends no other."""
        try:
            found = await tasks.submit_all(info.context, [wish.request() async for wish in in_turns(inputs)])
        except RequestError as error:
            return SubmitVideoTasksPayload(results=[], errors=[UserError.of(error)])
        made = (SubmitVideoTaskPayload.of(each, "inputs", str(index)) for index, each in enumerate(found))
        results = cast("list[SubmitVideoTaskPayload]", in_turns(made))  # graphql-core awaits one after the other
        return SubmitVideoTasksPayload(results=results, errors=[])

    @strawberry.mutation
    async def cancel_video_task(self, info: Info, task_id: TaskId) -> VideoTaskPayload:
        """Cancel a waiting or running task. Canceling it again changes nothing."""
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
        expires_in_seconds: Annotated[int, about("Seconds until it expires, up to a week.")] = USUAL_SECONDS,
    ) -> WatchTokenPayload:
        """Create a token with which a web page can watch this task and play its video, and nothing else."""
        try:
            return WatchTokenPayload.of(await tasks.watch_token(info.context, task_id, expires_in_seconds))
        except RequestError as error:
            return WatchTokenPayload(token=None, expires_at=None, errors=[UserError.of(error)])

    @strawberry.mutation
    async def end_connection(
        self,
        info: Info,
        connection_id: Annotated[
            strawberry.ID, strawberry.argument(name="id", description="The connection's id, of `connections`.")
        ],
    ) -> EndConnectionPayload:
        """End one open connection, of any process; its client is told not to reconnect. Needs the scope admin."""
        try:
            await connections.end(info.context, connection_id)
        except RequestError as error:
            return EndConnectionPayload(errors=[UserError.of(error)])
        return EndConnectionPayload(errors=[])
