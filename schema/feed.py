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

    cursor: str = strawberry.field(description="Give it as `after` to go on from here.")
    event: VideoTaskEvent = strawberry.field(description="The event.")


@described
@strawberry.type
class FeedReset:
    """The cursor given is not kept any more: forget what you know, ask `videoTasks`, and go on from here."""

    cursor: str = strawberry.field(description="Give it as `after` to go on from here.")
    reason: str = strawberry.field(description="Why, for people.")


VideoTaskFeedItem: TypeAlias = Annotated[
    VideoTaskFeedEvent | FeedReset,
    strawberry.union("VideoTaskFeedItem", description="An event, or the news that events are missing."),
]


def feed_item(item: TaskChange | records.FeedReset) -> VideoTaskFeedEvent | FeedReset:
    """An item as clients see it."""
    if isinstance(item, records.FeedReset):
        return FeedReset(cursor=live.cursor(item.position), reason=item.reason)
    return VideoTaskFeedEvent(cursor=live.cursor(item.event.position), event=VideoTaskEvent.of_change(item))
