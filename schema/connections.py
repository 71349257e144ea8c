"""The open connections, for operators."""

import strawberry

from schema.described import described
from schema.payloads import UserError
from schema.scalars import DateTime
from services.live import connections as live
from services.telemetry.stream_metrics import Transport


@described
@strawberry.type
class OpenConnection:
    """An open websocket, event stream or multipart response of any process."""

    id: strawberry.ID = strawberry.field(description="Its id, for `endConnection`.")
    transport: Transport = strawberry.field(description="Its transport.")
    owner: str | None = strawberry.field(description="The name of its key; null before it is authenticated.")
    address: str = strawberry.field(
        description="The network of its client: the first three numbers of IPv4, the first three groups of IPv6."
    )
    since: DateTime = strawberry.field(description="When it was opened.")
    subscriptions: int = strawberry.field(description="Number of running operations.")
    waiting: int = strawberry.field(description="Number of messages that the client has not read yet.")

    @classmethod
    def of(cls, record: live.Connection) -> "OpenConnection":
        """The GraphQL object of a connection."""
        return cls(
            id=strawberry.ID(record.id),
            transport=record.transport,
            owner=record.owner or None,
            address=record.address,
            since=DateTime(record.since_ms),
            subscriptions=record.subscriptions,
            waiting=record.waiting,
        )


@described
@strawberry.type
class EndConnectionPayload:
    """The result of ending a connection."""

    errors: list[UserError] = strawberry.field(description="The errors; empty when it is being closed.")
