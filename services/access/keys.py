"""Stored keys: only their SHA-256 hashes. A key has 256 random bits, so no salt is needed."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.callers import OPEN_OWNER, Caller, Scope
from services.access.tables import keys
from services.clock import now_ms
from services.errors import DraftcastError

MARK = "dck"
"""The prefix of each key, by which scanners find leaked keys."""
LONGEST_NAME = 60
DAY_MS = 24 * 3600 * 1000
_FORM = re.compile(rf"{MARK}_([0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}")


class KeyRefused(DraftcastError):
    """A key cannot be made or found; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret. `name` is the owner of its tasks."""

    id: str
    name: str
    sha256: str
    scopes: frozenset[Scope]
    created_at_ms: int
    expires_at_ms: int | None = None
    revoked_at_ms: int | None = None

    def valid_at(self, at_ms: int) -> bool:
        """Whether it is neither revoked nor expired at that time (UTC milliseconds)."""
        return self.revoked_at_ms is None and (self.expires_at_ms is None or at_ms < self.expires_at_ms)

    def matches(self, text: str) -> bool:
        """Whether the text is this key, compared in constant time."""
        return hmac.compare_digest(self.sha256, _sha256(text))

    @property
    def caller(self) -> Caller:
        """The caller that the key admits."""
        return Caller(self.name, self.scopes, self.id, ends_at_ms=self.expires_at_ms)


def key_id(text: str) -> str | None:
    """The id in a key's text; None for a text of another form."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


async def all_keys(connection: AsyncConnection) -> list[Key]:
    """All keys, also revoked ones, oldest first."""
    found = await connection.execute(sa.select(keys).order_by(keys.c.created_at_ms, keys.c.id))
    return [_key({str(name): value for name, value in row.items()}) for row in found.mappings()]


async def create(connection: AsyncConnection, name: str, scopes: Iterable[Scope], expires_in_days: int | None) -> str:
    """Create a key and return its text, which is not stored. Raises `KeyRefused` for an invalid or used name."""
    if not name.isprintable() or not name.strip() or len(name) > LONGEST_NAME or name == OPEN_OWNER:
        raise KeyRefused(f"{name!r} is no name for a key: give 1 to {LONGEST_NAME} characters, and not {OPEN_OWNER!r}")
    if any(key.name == name and key.revoked_at_ms is None for key in await all_keys(connection)):
        raise KeyRefused(f"there is a key named {name!r} already; rotate or revoke it")
    expires_at_ms = None if expires_in_days is None else now_ms() + expires_in_days * DAY_MS
    return await _insert(connection, name, scopes, expires_at_ms)


async def revoke(connection: AsyncConnection, name: str) -> Key:
    """Revoke the key of that name and return it. Raises `KeyRefused` when there is none."""
    found = next((key for key in await all_keys(connection) if key.name == name and key.revoked_at_ms is None), None)
    if found is None:
        raise KeyRefused(f"there is no key named {name!r}; see `draftcast keys list`")
    await connection.execute(sa.update(keys).where(keys.c.id == found.id).values(revoked_at_ms=now_ms()))
    return found


async def rotate(connection: AsyncConnection, name: str) -> str:
    """Replace the key of that name by one with the same scopes, expiry and tasks. Raises `KeyRefused`."""
    old = await revoke(connection, name)
    return await _insert(connection, name, old.scopes, old.expires_at_ms)


async def _insert(connection: AsyncConnection, name: str, scopes: Iterable[Scope], expires_at_ms: int | None) -> str:
    public = secrets.token_hex(6)
    text = f"{MARK}_{public}_{secrets.token_urlsafe(32)}"
    values = {
        "id": public,
        "name": name,
        "sha256": _sha256(text),
        "scopes": ",".join(sorted(scopes)),
        "created_at_ms": now_ms(),
        "expires_at_ms": expires_at_ms,
    }
    await connection.execute(sa.insert(keys).values(values))
    return text


def _key(values: dict[str, Any]) -> Key:
    scopes = frozenset(Scope(scope) for scope in values.pop("scopes").split(","))
    return Key(**values, scopes=scopes)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
