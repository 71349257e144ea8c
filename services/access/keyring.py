"""The keys as a running server knows them: read again every moment, asked without waiting."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from services.access.callers import OPEN, Caller, not_admitted
from services.access.keys import Key, all_keys, key_id
from services.access.signing import Hmac
from services.access.watch_tokens import MARK as WATCH_MARK
from services.access.watch_tokens import watcher
from services.clock import now_ms
from services.errors import StoreUnavailable
from services.store.database import Database

log = logging.getLogger(__name__)

REREAD_SECONDS = 2.0
"""A revoked key works for this long at the latest, and so does coming without one once there are keys."""

MOST_STRANGE = 10_000
"""What is more is looked for each time."""

LONGEST_HEADER = 128
"""Bytes of an Authorization header with a key of ours: longer ones are looked at each time."""

OnRevoked = Callable[[], None]


class Keyring:
    """Tells who a key belongs to. Without any key ever made, everyone is the one open caller."""

    def __init__(self, database: Database, mac: Hmac) -> None:
        self._database = database
        self.mac = mac
        self._keys: dict[str, Key] = {}
        self._shut = False
        """Whether there ever were keys: a table that is emptied, or a database put back from before, opens no door."""
        self._opened: dict[str, tuple[Key, Caller]] = {}
        """What opened a key since they were read: no more than there are keys. A dict tells by a secret hash, and no
        text that opens nothing is ever kept.
        """
        self._by_header: dict[bytes, tuple[Key, Caller]] = {}
        """The same by the whole Authorization header, of those of the usual length: most callers ask again."""
        self._guests: dict[Caller, set[OnRevoked]] = {}
        self._strange: set[str] = set()
        """Keys that were looked for since, and are none: nobody knows a key before it is made."""
        self._reading = asyncio.Lock()
        self._readings = 0
        """How many have begun."""

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Know the keys while the block lasts. Raises `StoreUnavailable` when they cannot be read at its beginning."""
        await self._read()
        reading = asyncio.create_task(self._read_for_ever())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    @property
    def open(self) -> bool:
        """Whether there never were keys, as far as this process knows. Revoked ones count: revoking the last one lets
        nobody in.
        """
        return not self._shut

    async def meet(self, text: str) -> None:
        """Know of this key, which may have been made since they were read; those who ask at once share a reading."""
        if text in self._opened or (public := key_id(text)) is None:
            return
        if public in self._keys or public in self._strange:
            return
        begun = self._readings
        with suppress(StoreUnavailable):
            async with self._reading:
                if begun == self._readings:
                    await self._read()
                    if public not in self._keys and len(self._strange) < MOST_STRANGE:
                        self._strange.add(public)

    def by_header(self, header: bytes) -> Caller | None:
        """Whoever came with this Authorization header before, and may still come; None: look at the key."""
        known = self._by_header.get(header)
        return known[1] if known is not None and known[0].valid_at(now_ms()) else None

    def remember(self, header: bytes, caller: Caller) -> None:
        """The caller came with this Authorization header; `by_header` knows it until the keys are read again."""
        key = self._keys.get(caller.key_id)
        if key is not None and len(header) <= LONGEST_HEADER and len(self._by_header) < 2 * len(self._keys):
            self._by_header[header] = (key, caller)

    def caller(self, text: str | None) -> Caller:
        """Whoever holds this key. Raises `NotAdmitted`."""
        if self.open:
            return OPEN
        known = self._opened.get(text or "") or self._tried(text or "")
        if known is not None and known[0].valid_at(now_ms()):
            return known[1]
        return self._watcher(text or "")

    def _tried(self, text: str) -> tuple[Key, Caller] | None:
        """The key that the text opens, and who holds it."""
        key = self._keys.get(key_id(text) or "")
        if key is None or not key.opened_by(text):
            return None
        return self._opened.setdefault(text, (key, key.caller))

    def _watcher(self, text: str) -> Caller:
        caller = watcher(self.mac, text) if text.startswith(WATCH_MARK) else None
        if caller is None or not self.admitted(caller):
            raise not_admitted()
        return caller

    def admitted(self, caller: Caller) -> bool:
        """Whether a caller that was let in may stay."""
        if caller.ends_at_ms is not None and caller.ends_at_ms <= now_ms():
            return False
        if not caller.key_id:
            return self.open
        key = self._keys.get(caller.key_id)
        return key is not None and key.valid_at(now_ms())

    async def wait_revoked(self, caller: Caller) -> None:
        """Ends when a caller may not stay any longer."""
        over = asyncio.Event()
        self.enter(caller, over.set)
        try:
            await over.wait()
        finally:
            self.leave(caller, over.set)

    def enter(self, caller: Caller, on_revoked: OnRevoked) -> None:
        """Call `on_revoked` when the caller may not stay any longer, unless it has left by then."""
        if self.admitted(caller):
            self._guests.setdefault(caller, set()).add(on_revoked)
        else:
            on_revoked()

    def leave(self, caller: Caller, on_revoked: OnRevoked) -> None:
        """Undo `enter`."""
        guests = self._guests.get(caller, set())
        guests.discard(on_revoked)
        if not guests:
            self._guests.pop(caller, None)

    async def _read_for_ever(self) -> None:
        while True:
            await asyncio.sleep(REREAD_SECONDS)
            with suppress(StoreUnavailable):
                async with self._reading:
                    await self._read()
            self._strange.clear()
            for caller in [each for each in self._guests if not self.admitted(each)]:
                for on_revoked in self._guests.pop(caller):
                    on_revoked()

    async def _read(self) -> None:
        self._readings += 1
        async with self._database.read() as connection:
            keys = {key.id: key for key in await all_keys(connection)}
        if self._keys and not keys:
            log.error("all keys are gone from the database; nobody is let in until there are some, or a restart")
        self._keys = keys
        self._shut = self._shut or bool(keys)
        self._opened.clear()
        self._by_header.clear()
