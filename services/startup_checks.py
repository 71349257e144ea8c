"""Checks before a server or a worker starts: folders that every render may read, and access without keys."""

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from services.access.keys import all_keys
from services.drafts.families.looks import look_files
from services.errors import SettingsError
from services.migrate import migrate
from services.render.effects.luts import read_table
from services.render.media.errors import BadMedia
from services.render.process.sandbox import readable_trees
from services.sandbox.process_sandbox import sandbox_here
from services.settings import Settings, config_file
from services.store.database import Database


def check_exposure(settings: Settings) -> None:
    """Raises a `SettingsError` for a folder of keys, tasks, videos or settings that every render may read, and for
    DRAFTCAST_REQUIRE_SANDBOX on a machine without a complete sandbox.
    """
    trees = {tree.resolve() for tree in readable_trees((*settings.font_dirs, *settings.looks), settings.ffmpeg)}
    for variable, place in _secret_places(settings):
        for tree in trees:
            if place.resolve().is_relative_to(tree):
                raise SettingsError(
                    f"{variable}: {place} lies in {tree}, which every render may read; choose a place outside of it"
                )
    here = sandbox_here()
    if settings.require_sandbox and not here.complete:
        raise SettingsError(f"DRAFTCAST_REQUIRE_SANDBOX: this machine has no complete sandbox: {here}")


def check_looks(settings: Settings) -> int:
    """The number of colour tables in DRAFTCAST_LOOKS.

    Raises a `SettingsError` for a folder that cannot be read, and for a file that is no table, with its line.
    """
    try:
        files = list(look_files(settings.looks))
        for path in files:
            _check_table(path)
    except OSError as error:
        raise SettingsError(f"DRAFTCAST_LOOKS: {error.filename}: {error.strerror}") from None
    return len(files)


def _check_table(path: Path) -> None:
    try:
        read_table(path)
    except BadMedia as error:
        raise SettingsError(f"DRAFTCAST_LOOKS: {path}: {error.en}") from None


def _secret_places(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "DRAFTCAST_DATA_DIR", settings.data_dir
    files = urlsplit(settings.files)
    if files.scheme == "file":
        yield "DRAFTCAST_FILES_URL", Path(unquote(files.path))
    url = sa.make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database:
        yield "DRAFTCAST_DATABASE_URL", Path(url.database)
    config = config_file()
    if config is not None:
        yield "DRAFTCAST_CONFIG", config


async def check_access(settings: Settings) -> bool:
    """True for a server without any key: every caller may do everything.

    Raises `SettingsError` when other machines can reach such a server, and DRAFTCAST_OPEN_TO_ALL is not set.
    """
    await asyncio.to_thread(migrate, settings.database)
    database = Database(settings.database)
    try:
        async with database.read() as connection:
            there = await all_keys(connection)
    finally:
        await database.close()
    if not there and not settings.open_to_all and not _loopback(settings.host):
        raise SettingsError(
            f"DRAFTCAST_HOST: others can reach {settings.host}, and there are no keys. "
            "Make one (`draftcast keys create NAME`), or set DRAFTCAST_OPEN_TO_ALL=true to let everyone in",
            f"DRAFTCAST_HOST：其他机器可以访问 {settings.host}，而此服务还没有密钥。"
            "请创建密钥（`draftcast keys create NAME`），或设置 DRAFTCAST_OPEN_TO_ALL=true 对所有人开放",
        )
    return not there


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
