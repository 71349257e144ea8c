"""The database of a server that is measured."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.store.database import Database


@asynccontextmanager
async def opened(url: str) -> AsyncGenerator[Database]:
    """The database, closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()
