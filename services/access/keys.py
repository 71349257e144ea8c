"""Keys as they are stored: never themselves, only their SHA-256. A key has 256 random bits, so no salt is needed."""

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
"""What every key begins with, so that scanners of leaked secrets find it."""
LONGEST_NAME = 60
DAY_MS = 24 * 3600 * 1000
_FORM = re.compile(rf"{MARK}_([0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}")


class KeyRefused(DraftcastError):
    """A key of that name cannot be made, or is not there; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret. `name` is the owner of what is done with it."""

    id: str
    name: str
    sha256: str
    scopes: frozenset[Scope]
    created_at_ms: int
    expires_at_ms: int | None = None
    revoked_at_ms: int | None = None

    def valid_at(self, at_ms: int) -> bool:
        """Whether it opens anything at that time."""
        return self.revoked_at_ms is None and (self.expires_at_ms is None or at_ms < self.expires_at_ms)

    def opened_by(self, text: str) -> bool:
        """Whether the text is this key; takes the same time for any text."""
        return hmac.compare_digest(self.sha256, _sha256(text))

    @property
    def caller(self) -> Caller:
        """Whoever holds it."""
        return Caller(self.name, self.scopes, self.id)


def key_id(text: str) -> str | None:
    """The public part of a key; None when the text is none."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


async def all_keys(connection: AsyncConnection) -> list[Key]:
    """Every key that ever was, oldest first."""
    found = await connection.execute(sa.select(keys).order_by(keys.c.created_at_ms, keys.c.id))
    return [_key({str(name): value for name, value in row.items()}) for row in found.mappings()]


async def create(connection: AsyncConnection, name: str, scopes: Iterable[Scope], expires_in_days: int | None) -> str:
    """A new key; its text is given once, here. Raises `KeyRefused` when the name is taken or no name."""
    if not name.isprintable() or not name.strip() or len(name) > LONGEST_NAME or name == OPEN_OWNER:
        raise KeyRefused(f"{name!r} is no name for a key: give 1 to {LONGEST_NAME} characters, and not {OPEN_OWNER!r}")
    if any(key.name == name and key.revoked_at_ms is None for key in await all_keys(connection)):
        raise KeyRefused(f"there is a key named {name!r} already; rotate or revoke it")
    expires_at_ms = None if expires_in_days is None else now_ms() + expires_in_days * DAY_MS
    return await _insert(connection, name, scopes, expires_at_ms)


async def revoke(connection: AsyncConnection, name: str) -> Key:
    """The key of that name opens nothing any more. Raises `KeyRefused` when there is none."""
    found = next((key for key in await all_keys(connection) if key.name == name and key.revoked_at_ms is None), None)
    if found is None:
        raise KeyRefused(f"there is no key named {name!r}; see `draftcast keys list`")
    await connection.execute(sa.update(keys).where(keys.c.id == found.id).values(revoked_at_ms=now_ms()))
    return found


async def rotate(connection: AsyncConnection, name: str) -> str:
    """A new key in place of the one of that name, with its scopes, its end and its tasks. Raises `KeyRefused`."""
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
