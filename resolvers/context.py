"""Who asks, and what there is to answer with: the first argument of every resolver."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import HTTPConnection

from services.access.callers import OPEN, Caller, Scope, not_admitted
from services.compose import Services

TOKEN = "token"  # noqa: S105 - the name of a parameter
_BEARER = "bearer "


@dataclass(slots=True)
class Context:
    """A caller's view of the service. A socket's caller is known only after its connection_init."""

    services: Services
    caller: Caller | None = OPEN
    connection_params: dict[str, Any] = field(default_factory=dict[str, Any])
    """The payload of connection_init; the library puts it here."""
    connection: HTTPConnection | None = None
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is known who is at the other end of a socket."""

    @property
    def owner(self) -> str:
        """Whose tasks may be seen. Raises `NotAdmitted` or `ScopeMissing`."""
        return self._owner_for(Scope.READ)

    @property
    def submitter(self) -> str:
        """In whose name tasks are made, ended and begun anew. Raises `NotAdmitted` or `ScopeMissing`."""
        return self._owner_for(Scope.SUBMIT)

    def require(self, scope: Scope) -> None:
        """Raises `NotAdmitted` or `ScopeMissing`."""
        self._owner_for(scope)

    def _owner_for(self, scope: Scope) -> str:
        if self.caller is None:
            raise not_admitted()
        return self.caller.owner_for(scope)

    @classmethod
    def of(cls, connection: HTTPConnection, api_key: str | None = None) -> "Context":
        """The context of an HTTP request; the services come from the application's lifespan. Raises `NotAdmitted`."""
        services: Services = connection.state.services
        return cls(services, services.keyring.caller(bearer(connection) or api_key), connection=connection)

    @classmethod
    def of_socket(cls, connection: HTTPConnection) -> "Context":
        """The context of a websocket before anyone has said who it is."""
        return cls(connection.state.services, None, connection=connection)

    def admit(self) -> None:
        """Take the socket's caller from its headers, or from `token` or `Authorization` in its connection_init.

        Raises `NotAdmitted`.
        """
        told = {name.lower(): value for name, value in self.connection_params.items() if isinstance(value, str)}
        text = told.get(TOKEN) or _without_bearer(told.get("authorization"))
        if text is None and self.connection is not None:
            text = bearer(self.connection)
        self.caller = self.services.keyring.caller(text)
        self.known.set()

    async def expelled(self) -> None:
        """Ends when whoever was admitted to this socket may not stay any longer."""
        await self.known.wait()
        if self.caller is not None:
            await self.services.keyring.gone(self.caller)


def bearer(connection: HTTPConnection) -> str | None:
    """The key of the Authorization header."""
    return _without_bearer(connection.headers.get("authorization"))


def _without_bearer(value: str | None) -> str | None:
    if value is None or not value.lower().startswith(_BEARER):
        return None
    return value[len(_BEARER) :].strip()
