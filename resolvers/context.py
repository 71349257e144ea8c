"""The context of a request, its caller and the services: the first argument of every resolver."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Scope as ASGIScope
from strawberry.dataloader import DataLoader

from services.access.audit import Act
from services.access.callers import OPEN, Caller, NotAdmitted, Scope, not_admitted
from services.access.keyring import OnRevoked
from services.access.limits import Limit, rate_limit_key, shown_network
from services.access.watch_tokens import MARK as WATCH_MARK
from services.compose import Services
from services.errors import RequestError
from services.live.connections import Load
from services.store.records import Task
from services.telemetry.stream_metrics import Transport

TOKEN = "token"  # noqa: S105 - the name of a parameter
_BEARER, _BEARER_BYTES = "bearer ", b"bearer "
_KEPT = "draftcast.context"
T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """The caller of a request and the services. `caller` is None until it is authenticated."""

    services: Services
    caller: Caller | None = OPEN
    scope: ASGIScope = field(default_factory=dict[str, Any])
    """The ASGI scope of the request or socket; empty without one."""
    _queue_positions: DataLoader[Task, int | None] | None = None

    @property
    def queue_positions(self) -> DataLoader[Task, int | None]:
        """The positions in the queue of the tasks of a page, read together."""
        if self._queue_positions is None:
            self._queue_positions = DataLoader(self.services.manager.queue_positions, cache=False)
        return self._queue_positions

    @property
    def owner(self) -> str:
        """The owner whose tasks may be read. Raises `NotAdmitted` or `ScopeMissing`."""
        return self.admitted.owner_for(Scope.READ)

    @property
    def watched_owner(self) -> str:
        """The owner whose single tasks may be read, as far as `sees` allows. Raises `NotAdmitted` or `ScopeMissing`."""
        return self.admitted.watched_owner

    def sees(self, task_id: str) -> bool:
        """Whether a task of `watched_owner` is visible to the caller."""
        return self.admitted.sees(task_id)

    @property
    def submitter(self) -> str:
        """The owner whose tasks may be submitted, canceled and retried. Raises `NotAdmitted` or `ScopeMissing`."""
        return self.admitted.owner_for(Scope.SUBMIT)

    def require(self, scope: Scope) -> None:
        """Raise `NotAdmitted` or `ScopeMissing` unless the caller has the scope."""
        self.admitted.owner_for(scope)

    @property
    def is_guest(self) -> bool:
        """Whether the caller has a watch token, and sees one task."""
        return bool(self.admitted.task_id)

    @property
    def admitted(self) -> Caller:
        """The authenticated caller. Raises `NotAdmitted`."""
        if self.caller is None:
            raise not_admitted()
        return self.caller

    @property
    def rate_limit_key(self) -> str:
        """The name that the caller is counted by; empty when it is not counted. Raises `NotAdmitted`."""
        return rate_limit_key(self.admitted, self.address)

    @property
    def address(self) -> str:
        """The IP address of the client; empty when it is unknown."""
        client = self.scope.get("client")
        return client[0] if client else ""

    def file_url(self, key: str | None) -> str | None:
        """The absolute URL of a stored file."""
        return None if key is None else self.services.files.url(key)

    def count(self, limit: Limit) -> None:
        """Count one act of the caller. Raises `QuotaExceeded` and `NotAdmitted`."""
        self.services.limits.count(limit, self.admitted, self.address)

    def note(self, act: Act, **facts: object) -> None:
        """Record an act of the caller in the audit log."""
        self.services.audit.note(act, self.admitted.owner, self.admitted.key_id, self.address, **facts)

    @classmethod
    async def of(cls, connection: HTTPConnection, api_key: str | None = None) -> "Context":
        """The context of an HTTP request. Raises `NotAdmitted` and `QuotaExceeded`."""
        return await cls.of_scope(connection.scope, api_key)

    @classmethod
    async def of_scope(cls, scope: ASGIScope, api_key: str | None = None) -> "Context":
        """The context of an ASGI scope; the caller is authenticated and counted once for each request."""
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
        context.caller = None if header is None else keyring.caller_of_header(header)
        try:
            if context.caller is None:
                credential = _credential(scope)
                await context.authenticate(credential or api_key)
                if header is not None and credential:
                    keyring.cache_header(header, context.admitted)
            context.count(Limit.QUERIES)
        except RequestError as error:
            return error
        return context

    async def authenticate(self, text: str | None) -> None:
        """Set the caller by a key or watch token. Raises `NotAdmitted` and `QuotaExceeded`."""
        if text is not None:
            await self.services.keyring.load(text)
        try:
            self.caller = self.services.keyring.caller(text)
        except NotAdmitted:
            if text is not None:
                self.services.limits.wrong_key(self.address, text)
            raise

    @contextmanager
    def connection_slot(self) -> Generator[None]:
        """Hold a connection slot for a stream or a waiting poll. Raises `QuotaExceeded`."""
        with self.services.limits.slots(
            {rate_limit_key(None, self.address), rate_limit_key(self.caller, self.address)}
        ):
            yield

    @contextmanager
    def listed(
        self, transport: Transport, load: Callable[[], tuple[int, int]], end: Callable[[], None]
    ) -> Generator[None]:
        """List this connection for operators while the block lasts. `load` returns the running operations and the
        waiting messages; `end` is called when an operator ends it.
        """

        def present() -> Load:
            return Load(self.caller.owner if self.caller else "", *load())

        with self.services.connections.opened(transport, shown_network(self.address), present, end):
            yield

    async def while_admitted(self, waiting: Awaitable[T]) -> T:
        """The result of something that waits. Raises `NotAdmitted` as soon as the caller's key or token has ended."""
        return await self.services.keyring.while_admitted(self.admitted, waiting)


def _ignore() -> None:
    """The callback of a socket before its handler sets one."""


@dataclass(slots=True)
class SocketContext(Context):
    """The context of a websocket, whose caller is authenticated by its connection_init."""

    caller: Caller | None = None
    connection_params: dict[str, Any] = field(default_factory=dict[str, Any])
    """The payload of connection_init, set by strawberry."""
    on_revoked: OnRevoked = _ignore
    """Called when the caller's key or token has ended."""
    _names: list[str] = field(default_factory=list[str])
    """The names whose connection slots the socket holds: its address, and later its caller's key."""

    def enter(self) -> None:
        """Called when the socket opens. Raises `QuotaExceeded`."""
        self._take_slot(rate_limit_key(None, self.address))

    def leave(self) -> None:
        """Called when the socket is closed."""
        for name in self._names:
            self.services.limits.release_slot(name)
        if self.caller is not None:
            self.services.keyring.unregister(self.caller, self.on_revoked)

    def _take_slot(self, name: str) -> None:
        self.services.limits.take_slot(name)
        if name:
            self._names.append(name)

    async def admit(self) -> None:
        """Authenticate by `token` or `Authorization` of the connection_init, or by the socket's headers or URL.

        Raises `NotAdmitted` and `QuotaExceeded`.
        """
        params = {name.lower(): value for name, value in self.connection_params.items() if isinstance(value, str)}
        text = params.get(TOKEN) or _without_bearer(params.get("authorization"))
        await self.authenticate(text if text is not None else _credential(self.scope))
        self._take_slot(rate_limit_key(self.caller, self.address))
        self.services.keyring.register(self.admitted, self.on_revoked)


def services_of(connection: HTTPConnection) -> Services:
    """The services, which the application's lifespan opens."""
    services: Services = connection.state.services
    return services


def _bearer(scope: ASGIScope) -> bytes | None:
    """The first Authorization header with a bearer key."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == _BEARER_BYTES:
            return cast("bytes", value)
    return None


def _credential(scope: ASGIScope) -> str | None:
    """The key of the Authorization header, or the watch token of the URL, which must not hold a key."""
    header = _bearer(scope)
    if header is not None:
        return _without_bearer(header.decode("latin-1"))
    token = QueryParams(scope["query_string"]).get(TOKEN, "") if scope["query_string"] else ""
    return token if token.startswith(WATCH_MARK) else None


def _without_bearer(value: str | None) -> str | None:
    if value is None or value[: len(_BEARER)].lower() != _BEARER:
        return None
    return value[len(_BEARER) :].strip()
