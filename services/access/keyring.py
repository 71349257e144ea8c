"""The keys of a running server, in memory; read from the database every `REREAD_SECONDS`."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from services.access.callers import OPEN, Caller, key_ended, not_admitted
from services.access.keys import Key, all_keys, key_id
from services.access.signing import Hmac
from services.access.watch_tokens import MARK as WATCH_MARK
from services.access.watch_tokens import guest_of
from services.background import background
from services.clock import now_ms
from services.errors import StoreUnavailable
from services.store.database import Changes, Database

log = logging.getLogger(__name__)

REREAD_SECONDS = 2.0
"""A revoked key is valid for at most this long, as is access without a key after the first key is made."""

MAX_UNKNOWN_IDS = 10_000
"""Ids of unknown keys that are remembered; others are looked up each time."""

MAX_HEADER_BYTES = 128
"""Longer Authorization headers are not cached; those with a key are shorter."""

OnRevoked = Callable[[], None]
T = TypeVar("T")


class Keyring:
    """Finds the caller of a key or watch token. Before the first key is made, everyone is the caller `OPEN`."""

    def __init__(self, database: Database, mac: Hmac) -> None:
        self._database = database
        self._changes = Changes(database)
        self.mac = mac
        self._keys: dict[str, Key] = {}
        self._has_keys = False
        """Whether there ever were keys; an emptied table or a restored database does not open the server."""
        self._by_text: dict[str, Caller] = {}
        """The callers of keys that were used since the last reading, by the key's text."""
        self._by_header: dict[bytes, Caller] = {}
        """The same by the whole Authorization header."""
        self._connections: dict[Caller, set[OnRevoked]] = {}
        self._unknown_ids: set[str] = set()
        """Ids that were not in the database at the last reading."""
        self._reading = asyncio.Lock()
        self._readings = 0
        """The number of readings that have begun."""

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Read the keys at the beginning and periodically in the block. Raises `StoreUnavailable` at its beginning."""
        await self._read()
        async with background("keyring", self._reread()):
            yield

    @property
    def open(self) -> bool:
        """Whether there never were keys, revoked ones included: revoking the last key does not open the server."""
        return not self._has_keys

    async def load(self, text: str) -> None:
        """Read the keys again if this one may have been made since; concurrent calls share one reading."""
        if text in self._by_text or (public := key_id(text)) is None:
            return
        if public in self._keys or public in self._unknown_ids:
            return
        begun = self._readings
        with suppress(StoreUnavailable):
            async with self._reading:
                if begun == self._readings:
                    await self._read()
                    if public not in self._keys and len(self._unknown_ids) < MAX_UNKNOWN_IDS:
                        self._unknown_ids.add(public)

    def caller_of_header(self, header: bytes) -> Caller | None:
        """The caller of a cached Authorization header whose key is still valid; None when it is not cached."""
        caller = self._by_header.get(header)
        return None if caller is None or caller.has_ended() else caller

    def cache_header(self, header: bytes, caller: Caller) -> None:
        """Cache the caller of an Authorization header until the next reading, unless it is a guest: tokens expire."""
        key = None if caller.task_id else self._keys.get(caller.key_id)
        if key is not None and len(header) <= MAX_HEADER_BYTES and len(self._by_header) < 2 * len(self._keys):
            self._by_header[header] = caller

    def caller(self, text: str | None) -> Caller:
        """The caller of a key or watch token. Raises `NotAdmitted`."""
        if self.open:
            return OPEN
        caller = self._by_text.get(text or "") or self._match(text or "")
        if caller is not None and not caller.has_ended():
            return caller
        return self._guest(text or "")

    def _match(self, text: str) -> Caller | None:
        """The caller of the valid key of this text."""
        key = self._keys.get(key_id(text) or "")
        if key is None or not key.matches(text) or not key.valid_at(now_ms()):
            return None
        return self._by_text.setdefault(text, key.caller)

    def _guest(self, text: str) -> Caller:
        caller = guest_of(self.mac, text) if text.startswith(WATCH_MARK) else None
        if caller is None or not self.admitted(caller):
            raise not_admitted()
        return caller

    def admitted(self, caller: Caller) -> bool:
        """Whether the key or token of a caller is still valid."""
        if caller.has_ended():
            return False
        if not caller.key_id:
            return self.open
        key = self._keys.get(caller.key_id)
        return key is not None and key.valid_at(now_ms())

    async def while_admitted(self, caller: Caller, waiting: Awaitable[T]) -> T:
        """The result of something that waits. Raises `NotAdmitted` as soon as the caller's key or token has ended."""
        loop = asyncio.get_running_loop()
        limit = asyncio.timeout(None)

        def end() -> None:
            limit.reschedule(loop.time())

        try:
            async with limit:
                self.register(caller, end)
                return await waiting
        except TimeoutError:
            if limit.expired():
                raise key_ended() from None
            raise
        finally:
            self.unregister(caller, end)

    def register(self, caller: Caller, on_revoked: OnRevoked) -> None:
        """Call `on_revoked` when the caller's key or token ends, unless it is unregistered by then."""
        if self.admitted(caller):
            self._connections.setdefault(caller, set()).add(on_revoked)
        else:
            on_revoked()

    def unregister(self, caller: Caller, on_revoked: OnRevoked) -> None:
        """Undo `register`."""
        callbacks = self._connections.get(caller, set())
        callbacks.discard(on_revoked)
        if not callbacks:
            self._connections.pop(caller, None)

    async def _reread(self) -> None:
        while True:
            await asyncio.sleep(REREAD_SECONDS)
            with suppress(StoreUnavailable), self._changes.look() as changed:
                if changed:
                    async with self._reading:
                        await self._read()
            self._unknown_ids.clear()
            for caller in [each for each in self._connections if not self.admitted(each)]:
                for on_revoked in self._connections.pop(caller):
                    on_revoked()

    async def _read(self) -> None:
        self._readings += 1
        async with self._database.read() as connection:
            keys = {key.id: key for key in await all_keys(connection)}
        if self._keys and not keys:
            log.error("all keys are gone from the database; requests are refused until there are keys, or a restart")
        self._keys = keys
        self._has_keys = self._has_keys or bool(keys)
        self._by_text.clear()
        self._by_header.clear()
