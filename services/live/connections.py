"""The open connections of all API processes: websockets, event streams and multipart responses.

Each process knows its own. A question to the others is broadcast, and they broadcast their answers.
"""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from services.clock import now_ms
from services.errors import Bilingual, RequestError
from services.live.notifier import ChangeNotifier
from services.telemetry.stream_metrics import Transport

ANSWER_SECONDS = 0.5
"""Time that other processes have to answer a question."""
ANSWERED_AT_ONCE = 20
"""Connections in one answer: PostgreSQL's NOTIFY carries 8000 bytes."""
MOST_ANSWERED = 100
_LIST, _END = "list", "end"
_ID = re.compile(r"[0-9a-f]{8}-[0-9]{1,18}")


class ConnectionEnded(RequestError):
    """An operator has ended the connection."""


class ConnectionNotFound(RequestError):
    """No process has an open connection of this id."""


def connection_ended() -> ConnectionEnded:
    """The error of a client whose connection an operator has ended."""
    return ConnectionEnded(Bilingual("An operator has ended this connection.", "管理员已断开此连接。"))


@dataclass(frozen=True, slots=True)
class Load:
    """The present state of a connection: its owner, empty before authentication, running subscriptions, and messages
    that wait for its client.
    """

    owner: str
    subscriptions: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An open connection. `address` is that of the client's network, `since_ms` UTC milliseconds."""

    id: str
    transport: Transport
    owner: str
    address: str
    since_ms: int
    subscriptions: int
    waiting: int


@dataclass(frozen=True, slots=True)
class _Open:
    transport: Transport
    address: str
    since_ms: int
    load: Callable[[], Load]
    end: Callable[[], None]


class Connections:
    """The open connections of this process, and by `notifier` those of all others."""

    def __init__(self, notifier: ChangeNotifier) -> None:
        self._notifier = notifier
        self._me = uuid.uuid4().hex[:8]
        self._numbers = count(1)
        self._open: dict[str, _Open] = {}
        self._questions: dict[str, asyncio.Queue[Any]] = {}
        notifier.on_message("ask", self._on_question)
        notifier.on_message("answer", self._on_answer)

    @contextmanager
    def opened(
        self, transport: Transport, address: str, load: Callable[[], Load], end: Callable[[], None]
    ) -> Generator[None]:
        """List a connection while the block lasts; `end` is called when an operator ends it."""
        connection_id = f"{self._me}-{next(self._numbers)}"
        self._open[connection_id] = _Open(transport, address, now_ms(), load, end)
        try:
            yield
        finally:
            del self._open[connection_id]

    async def all(self, most: int) -> list[Connection]:
        """At most `most` connections, up to a hundred of each process: those with the most waiting messages first, then
        the oldest.
        """
        found = self._own(most)
        async with aclosing(self._ask(_LIST)) as answers:
            async for answer in answers:
                found += map(_told, answer)
        return sorted(found, key=_urgency)[:most]

    async def end(self, connection_id: str) -> None:
        """End a connection. Raises `ConnectionNotFound`."""
        if self._end(connection_id):
            return
        if _ID.fullmatch(connection_id):
            async with aclosing(self._ask(f"{_END}:{connection_id}")) as answers:
                async for _ in answers:
                    return
        raise ConnectionNotFound(Bilingual("There is no connection of this id.", "没有此 ID 的连接。"))

    def _own(self, most: int) -> list[Connection]:
        found = [
            Connection(
                id=name, transport=each.transport, address=each.address, since_ms=each.since_ms, **asdict(each.load())
            )
            for name, each in self._open.items()
        ]
        return sorted(found, key=_urgency)[:most]

    def _end(self, connection_id: str) -> bool:
        found = self._open.get(connection_id)
        if found is not None:
            found.end()
        return found is not None

    async def _ask(self, question: str) -> AsyncGenerator[Any]:
        """The answers of other processes as they come, until `ANSWER_SECONDS` have passed."""
        if self._notifier.alone:
            return
        number = uuid.uuid4().hex
        answers = self._questions[number] = asyncio.Queue[Any]()
        until = asyncio.get_running_loop().time() + ANSWER_SECONDS
        self._notifier.say("ask", f"{number}:{self._me}:{question}")
        try:
            while True:
                try:
                    async with asyncio.timeout_at(until):
                        answer = await answers.get()
                except TimeoutError:
                    return
                yield answer
        finally:
            del self._questions[number]

    def _on_question(self, text: str) -> None:
        number, asker, question = text.split(":", 2)
        if asker == self._me:
            return
        kind, _, argument = question.partition(":")
        if kind == _LIST:
            own = [asdict(each) for each in self._own(MOST_ANSWERED)]
            for some in _batches(own):
                self._notifier.say("answer", f"{number}:{json.dumps(some)}")
        elif kind == _END and self._end(argument):
            self._notifier.say("answer", f"{number}:true")

    def _on_answer(self, text: str) -> None:
        number, _, answer = text.partition(":")
        if number in self._questions:
            self._questions[number].put_nowait(json.loads(answer))


def _told(values: dict[str, Any]) -> Connection:
    """A connection of another process."""
    return Connection(transport=Transport(values.pop("transport")), **values)


def _urgency(connection: Connection) -> tuple[int, int, str]:
    return -connection.waiting, connection.since_ms, connection.id


def _batches(found: Sequence[Any]) -> Generator[Sequence[Any]]:
    for start in range(0, len(found), ANSWERED_AT_ONCE):
        yield found[start : start + ANSWERED_AT_ONCE]
