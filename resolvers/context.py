"""Who asks, and what there is to answer with: the first argument of every resolver."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import Scope

from services.compose import Services

OPEN_OWNER = "open"
"""The one owner of everything while the server is open to all who reach it."""


@dataclass(frozen=True, slots=True)
class Context:
    """A caller's view of the service."""

    services: Services
    owner: str

    @classmethod
    def of(cls, connection: HTTPConnection) -> "Context":
        """The context of an HTTP request or a websocket; the services come from the application's lifespan."""
        return cls.of_scope(connection.scope)

    @classmethod
    def of_scope(cls, scope: Scope) -> "Context":
        """The same, from a request's ASGI scope."""
        return cls(scope["state"]["services"], OPEN_OWNER)
