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
    """What can be watched: over a websocket that speaks graphql-transport-ws, as server-sent events, or multipart."""

    @strawberry.subscription
    async def video_task_progress(
        self,
        info: Info,
        task_id: Annotated[strawberry.ID | None, strawberry.argument(name="id", description="The task's id.")] = (
            strawberry.UNSET
        ),
        draft_url: Annotated[
            URL | None, about("The URL it was submitted with; the newest task of that URL is meant.")
        ] = strawberry.UNSET,
        after: Annotated[int | None, about("The last seq you have seen: go on from there, without a snapshot.")] = (
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
            VideoTaskFilter | None, strawberry.argument(name="filter", description="Which tasks; all without it.")
        ] = strawberry.UNSET,
        after: Annotated[str | None, about("The cursor of the last item you have seen: go on from there.")] = (
            strawberry.UNSET
        ),
    ) -> AsyncGenerator[VideoTaskFeedItem, None]:
        """Everything the caller may see, for dashboards: first a snapshot of each task that waits or runs, then
        all changes in order, without end. A cursor that is too old answers FeedReset first.
        """
        raise NotImplementedError
