"""The items of the feed of all tasks."""

from typing import Annotated, TypeAlias

import strawberry

from resolvers import live
from schema.described import described
from schema.tasks import VideoTaskEvent
from services.store import records
from services.store.records import TaskChange


@described
@strawberry.type
class VideoTaskFeedEvent:
    """An event of one of the tasks."""

    cursor: str = strawberry.field(description="The value of `after` to resume from here.")
    event: VideoTaskEvent = strawberry.field(description="The event.")


@described
@strawberry.type
class FeedReset:
    """The cursor has expired: discard your state, query `videoTasks`, and resume from this cursor."""

    cursor: str = strawberry.field(description="The value of `after` to resume from here.")
    reason: str = strawberry.field(description="The reason, for people.")


VideoTaskFeedItem: TypeAlias = Annotated[
    VideoTaskFeedEvent | FeedReset,
    strawberry.union("VideoTaskFeedItem", description="An event, or the notice that events are missing."),
]


def feed_item(item: TaskChange | records.FeedReset) -> VideoTaskFeedEvent | FeedReset:
    """The GraphQL object of an item."""
    if isinstance(item, records.FeedReset):
        return FeedReset(cursor=live.cursor(item.position), reason=item.reason)
    return VideoTaskFeedEvent(cursor=live.cursor(item.event.position), event=VideoTaskEvent.of_change(item))
