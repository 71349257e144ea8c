"""Whether a server may be open to all who reach it."""

import asyncio
from ipaddress import ip_address

from services.access.keys import all_keys
from services.settings import Settings, SettingsError
from services.tasks.migrate import migrate_tables
from services.tasks.store.database import Database


async def check_door(settings: Settings) -> bool:
    """Whether the server will be open: without keys everyone may do everything.

    Raises `SettingsError` when others could reach it so, and nobody has asked for that.
    """
    await asyncio.to_thread(migrate_tables, settings.database)
    database = Database(settings.database)
    try:
        async with database.read() as connection:
            there = await all_keys(connection)
    finally:
        await database.close()
    if not there and not settings.open_to_all and not _loopback(settings.host):
        raise SettingsError(
            f"DRAFTCAST_HOST: others can reach {settings.host}, and there are no keys. "
            "Make one (`draftcast keys create NAME`), or set DRAFTCAST_OPEN_TO_ALL=true to let everyone in"
        )
    return not there


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
