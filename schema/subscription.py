"""The subscription type: names, arguments and descriptions. `OperationExecutor.stream` executes subscriptions."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from schema.described import about, described
from schema.feed import VideoTaskFeedItem
from schema.info import Info
from schema.inputs import VideoTaskFilter
from schema.scalars import URL
from schema.tasks import VideoTaskEvent


@described
@strawberry.type
class Subscription:
    """Live events: over websockets (graphql-transport-ws), server-sent events or multipart HTTP."""

    @strawberry.subscription
    async def video_task_progress(
        self,
        info: Info,
        task_id: Annotated[strawberry.ID | None, strawberry.argument(name="id", description="The task's id.")] = (
            strawberry.UNSET
        ),
        draft_url: Annotated[
            URL | None, about("The URL of its draft; of several tasks the newest is watched.")
        ] = strawberry.UNSET,
        after: Annotated[int | None, about("The last seq you have seen: resume after it, without a snapshot.")] = (
            strawberry.UNSET
        ),
    ) -> AsyncGenerator[VideoTaskEvent, None]:
        """One task. First its present state (a SNAPSHOT), then every change in order; it completes after the
        final state. Percentages come about four a second at most, the newest of them; no change of
        status or stage is left out. With `after` nothing newer than that seq is lost, across reconnects and restarts.
        """
        raise NotImplementedError

    @strawberry.subscription
    async def video_task_feed(
        self,
        info: Info,
        wanted: Annotated[
            VideoTaskFilter | None,
            strawberry.argument(name="filter", description="The tasks; all by default."),
        ] = strawberry.UNSET,
        after: Annotated[str | None, about("The cursor of the last item you have seen: resume after it.")] = (
            strawberry.UNSET
        ),
    ) -> AsyncGenerator[VideoTaskFeedItem, None]:
        """All tasks of the caller, for dashboards: first a snapshot of each waiting or running task, then
        all changes in order, without end. An expired cursor returns FeedReset first.
        """
        raise NotImplementedError
