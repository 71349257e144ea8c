"""The kept chunks in the file storage, as the database lists them: size, checksum and last use."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.tables import kept


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A kept file. `owner` is a digest of the owner's name, `checksum` the beginning of the content's SHA-256."""

    owner: str
    key: str
    checksum: str
    size_bytes: int
    used_at_ms: int


_FILE = TypeAdapter(KeptFile)


async def find(connection: AsyncConnection, owner: str, key: str) -> KeptFile | None:
    """The kept file of an owner with this key."""
    row = await connection.execute(sa.select(kept).where(kept.c.owner == owner, kept.c.key == key))
    found = row.mappings().one_or_none()
    return None if found is None else _FILE.validate_python(dict(found))


async def add(connection: AsyncConnection, file: KeptFile) -> None:
    """List a file that `find` did not find in the same transaction, which must be serialized."""
    await connection.execute(sa.insert(kept).values(_FILE.dump_python(file)))


async def used(connection: AsyncConnection, file: KeptFile, at_ms: int) -> None:
    """Note the time of the file's last use."""
    await connection.execute(sa.update(kept).where(*_same(file)).values(used_at_ms=at_ms))


async def remove(connection: AsyncConnection, file: KeptFile) -> None:
    """Remove a file from the list, unless it was used meanwhile."""
    await connection.execute(sa.delete(kept).where(*_same(file)))


async def total_bytes(connection: AsyncConnection) -> int:
    """The size of all files."""
    return int(await connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(kept.c.size_bytes), 0))) or 0)


async def least_used(connection: AsyncConnection, count: int) -> Sequence[KeptFile]:
    """The `count` files that were not used for the longest time, beginning with that one."""
    rows = await connection.execute(sa.select(kept).order_by(kept.c.used_at_ms).limit(count))
    return [_FILE.validate_python(dict(row)) for row in rows.mappings()]


def _same(file: KeptFile) -> tuple[sa.ColumnElement[bool], ...]:
    return kept.c.owner == file.owner, kept.c.key == file.key, kept.c.used_at_ms == file.used_at_ms
