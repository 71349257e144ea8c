"""Connections to SQLite whose small statements run on the event loop."""

import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite


class Connection(aiosqlite.Connection):
    """A connection of aiosqlite, which runs everything in a thread of its own. While `small` is set, the statements of
    a transaction run on the event loop instead: they take less time than the hops. What may wait for a lock or the
    disk, the beginning and the end of a transaction, stays in the thread.
    """

    small = False

    @classmethod
    def to(cls, database: str, **options: Any) -> "Connection":
        """A connection that opens the file when it is awaited."""
        connection = cls(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
        connection._thread.daemon = True  # as SQLAlchemy does: a statement that waits does not hold up the exit
        return connection

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.small and self.in_transaction and fn not in (self._conn.commit, self._conn.rollback, self._conn.close):
            return fn(*args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call] # aiosqlite has not annotated it
