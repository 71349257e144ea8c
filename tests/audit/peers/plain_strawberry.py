"""strawberry as its documentation shows it, with all its transports.

python -m tests.audit.peers.plain_strawberry PORT
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator

import strawberry
import uvicorn
from strawberry.asgi import GraphQL
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)

PROTOCOLS = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL)
LAST = "end"


@strawberry.type
class Event:
    """An event of a topic."""

    number: int
    text: str


class Topics:
    """The events of each topic, and a queue for each subscriber."""

    def __init__(self) -> None:
        self._events: defaultdict[str, list[Event]] = defaultdict(list)
        self._queues: defaultdict[str, set[asyncio.Queue[Event]]] = defaultdict(set)

    @property
    def watchers(self) -> int:
        """The number of subscribers."""
        return sum(map(len, self._queues.values()))

    def publish(self, topic: str, text: str) -> int:
        """A new event; its number."""
        event = Event(number=len(self._events[topic]) + 1, text=text)
        self._events[topic].append(event)
        for queue in self._queues[topic]:
            queue.put_nowait(event)
        return event.number

    async def watch(self, topic: str, after: int | None) -> AsyncGenerator[Event, None]:
        """The newest event or those after a number, and then each new one until one is the last."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues[topic].add(queue)
        try:
            for event in self._events[topic][-1:] if after is None else self._events[topic][after:]:
                yield event
            while True:
                event = await queue.get()
                yield event
                if event.text == LAST:
                    return
        finally:
            self._queues[topic].discard(queue)


TOPICS = Topics()


@strawberry.type
class Query:
    """The queries."""

    @strawberry.field
    def watchers(self) -> int:
        """The number of subscribers."""
        return TOPICS.watchers


@strawberry.type
class Mutation:
    """The mutation."""

    @strawberry.mutation
    async def publish(self, topic: str, text: str) -> int:
        """A new event; its number."""
        return TOPICS.publish(topic, text)


@strawberry.type
class Subscription:
    """The subscription."""

    @strawberry.subscription
    async def events(self, topic: str, after: int | None = None) -> AsyncGenerator[Event, None]:
        """The newest event of a topic or those after a number, and then each new one."""
        async for event in TOPICS.watch(topic, after):
            yield event


def main() -> None:
    """Serve until the process ends."""
    schema = strawberry.Schema(Query, Mutation, Subscription)
    app = GraphQL[None, None](schema, graphql_ide=None, subscription_protocols=PROTOCOLS)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")


if __name__ == "__main__":
    main()
