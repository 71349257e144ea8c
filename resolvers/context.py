"""Who asks, and what there is to answer with: the first argument of every resolver."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Scope as ASGIScope

from services.access.audit import Act
from services.access.callers import OPEN, Caller, NotAdmitted, Scope, not_admitted
from services.access.keyring import OnRevoked
from services.access.limits import Limit, rate_limit_key
from services.access.watch_tokens import MARK as WATCH_MARK
from services.compose import Services
from services.errors import RequestError

TOKEN = "token"  # noqa: S105 - the name of a parameter
_BEARER = "bearer "
_KEPT = "draftcast.context"


@dataclass(slots=True)
class Context:
    """A caller's view of the service."""

    services: Services
    caller: Caller | None = OPEN
    scope: ASGIScope = field(default_factory=dict[str, Any])
    """The request or socket it comes by; empty in tests without one."""

    @property
    def owner(self) -> str:
        """Whose tasks may be seen. Raises `NotAdmitted` or `ScopeMissing`."""
        return self.admitted.owner_for(Scope.READ)

    @property
    def watched_owner(self) -> str:
        """Whose tasks are looked at one by one, `sees` tells which. Raises `NotAdmitted` or `ScopeMissing`."""
        return self.admitted.watched_owner

    def sees(self, task_id: str) -> bool:
        """Whether a task of `watched_owner` may be shown."""
        return self.admitted.sees(task_id)

    @property
    def submitter(self) -> str:
        """In whose name tasks are made, ended and begun anew. Raises `NotAdmitted` or `ScopeMissing`."""
        return self.admitted.owner_for(Scope.SUBMIT)

    def require(self, scope: Scope) -> None:
        """Raises `NotAdmitted` or `ScopeMissing`."""
        self.admitted.owner_for(scope)

    @property
    def watches_only(self) -> bool:
        """Whether the caller sees one task, as somebody's guest."""
        return bool(self.admitted.task_id)

    @property
    def admitted(self) -> Caller:
        """Who asks. Raises `NotAdmitted`."""
        if self.caller is None:
            raise not_admitted()
        return self.caller

    @property
    def rate_limit_key(self) -> str:
        """In whose name the caller is counted; empty: it is not counted. Raises `NotAdmitted`."""
        return rate_limit_key(self.admitted, self.address)

    @property
    def address(self) -> str:
        """Where the other end is; empty when that is not known."""
        client = self.scope.get("client")
        return client[0] if client else ""

    def file_url(self, key: str | None) -> str | None:
        """The absolute address of a stored file."""
        return None if key is None else self.services.files.url(key)

    def count(self, limit: Limit) -> None:
        """The caller does this once more. Raises `QuotaExceeded`, and `NotAdmitted`."""
        self.services.limits.count(limit, self.admitted, self.address)

    def note(self, act: Act, **facts: object) -> None:
        """Write down what the caller has done."""
        self.services.audit.note(act, self.admitted.owner, self.admitted.key_id, self.address, **facts)

    @classmethod
    async def of(cls, connection: HTTPConnection, api_key: str | None = None) -> "Context":
        """The context of an HTTP request; the services come from the application's lifespan.

        Raises `NotAdmitted` and `QuotaExceeded`.
        """
        return await cls.of_scope(connection.scope, api_key)

    @classmethod
    async def of_scope(cls, scope: ASGIScope, api_key: str | None = None) -> "Context":
        """The same, from a request's ASGI scope. Who asks is found out, and counted, once for each request."""
        kept: Context | RequestError | None = scope.get(_KEPT)
        if kept is None or (api_key is not None and isinstance(kept, NotAdmitted)):
            kept = scope[_KEPT] = await cls._of_request(scope, api_key)
        if isinstance(kept, RequestError):
            raise kept
        return kept

    @classmethod
    async def _of_request(cls, scope: ASGIScope, api_key: str | None) -> "Context | RequestError":
        context = cls(scope["state"]["services"], None, scope)
        header = _bearer(scope)
        keyring = context.services.keyring
        context.caller = None if header is None else keyring.by_header(header)
        try:
            if context.caller is None:
                await context.take(_given(scope) or api_key)
                if header is not None:
                    keyring.remember(header, context.admitted)
            context.count(Limit.QUERIES)
        except RequestError as error:
            return error
        return context

    async def take(self, text: str | None) -> None:
        """The caller is whoever holds this key or token. Raises `NotAdmitted` and `QuotaExceeded`."""
        if text is not None:
            await self.services.keyring.meet(text)
        try:
            self.caller = self.services.keyring.caller(text)
        except NotAdmitted:
            if text is not None:
                self.services.limits.wrong_key(self.address, text)
            raise

    @contextmanager
    def connection_slot(self) -> Generator[None]:
        """The caller keeps a connection: a stream, or a poll that waits. Raises `QuotaExceeded`."""
        with self.services.limits.entered(
            {rate_limit_key(None, self.address), rate_limit_key(self.caller, self.address)}
        ):
            yield

    async def wait_revoked(self) -> None:
        """Ends when whoever was admitted may not stay any longer."""
        await self.services.keyring.wait_revoked(self.admitted)


def _ignore() -> None:
    """Nobody waits for the farewell yet."""


@dataclass(slots=True)
class SocketContext(Context):
    """The same for a websocket, whose caller is known only after its connection_init."""

    caller: Caller | None = None
    connection_params: dict[str, Any] = field(default_factory=dict[str, Any])
    """The payload of connection_init; the library puts it here."""
    on_revoked: OnRevoked = _ignore
    """Called when the caller may not stay any longer."""
    _names: list[str] = field(default_factory=list[str])
    """In which the socket is counted: its address, and its caller's key once that is known."""

    def enter(self) -> None:
        """The socket is open. Raises `QuotaExceeded`."""
        self._count_as(rate_limit_key(None, self.address))

    def leave(self) -> None:
        """It is closed."""
        for name in self._names:
            self.services.limits.leave(name)
        if self.caller is not None:
            self.services.keyring.leave(self.caller, self.on_revoked)

    def _count_as(self, name: str) -> None:
        self.services.limits.enter(name)
        if name:
            self._names.append(name)

    async def admit(self) -> None:
        """Take the socket's caller from its address or headers, or from `token` or `Authorization` in its
        connection_init. Raises `NotAdmitted` and `QuotaExceeded`.
        """
        told = {name.lower(): value for name, value in self.connection_params.items() if isinstance(value, str)}
        text = told.get(TOKEN) or _without_bearer(told.get("authorization"))
        await self.take(text if text is not None else _given(self.scope))
        self._count_as(rate_limit_key(self.caller, self.address))
        self.services.keyring.enter(self.admitted, self.on_revoked)


def services_of(connection: HTTPConnection) -> Services:
    """What there is to answer with, whoever asks; it comes from the application's lifespan."""
    services: Services = connection.state.services
    return services


def _bearer(scope: ASGIScope) -> bytes | None:
    """The Authorization header that has a key."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER.encode():
            return cast("bytes", value)
    return None


def _given(scope: ASGIScope) -> str | None:
    """The key of the Authorization header, or the watch token of the address: keys do not belong into one."""
    header = _bearer(scope)
    if header is not None:
        return _without_bearer(header.decode("latin-1"))
    token = QueryParams(scope["query_string"]).get(TOKEN, "") if scope["query_string"] else ""
    return token if token.startswith(WATCH_MARK) else None


def _without_bearer(value: str | None) -> str | None:
    if value is None or value[: len(_BEARER)].lower() != _BEARER:
        return None
    return value[len(_BEARER) :].strip()
