"""`draftcast doctor`: checks of this machine's requirements."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from services.environment import ASSETS_DIR
from services.errors import DraftcastError, SettingsError
from services.files.store import FileStore
from services.live.notifier import ChangeNotifier
from services.migrate import migrate
from services.output import OutputFormat
from services.render.encoding import unwritable
from services.render.process.ffmpeg import find_ffmpeg
from services.render.text.fonts import cjk_font_name, find_fonts, script_fonts
from services.sandbox.process_sandbox import sandbox_here
from services.settings import Settings
from services.startup_checks import check_exposure, check_looks
from services.store.database import Database
from services.store.reads import pending_count

LEAST_FREE_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; a `needed` one that is not `ok` makes the command fail."""

    name: str
    ok: bool
    detail: str
    needed: bool = True


class _CheckFailed(DraftcastError):
    """A requirement is not met; the text says what to do."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run all checks."""
    checks: list[tuple[str, Callable[[Settings], str], bool]] = [
        ("ffmpeg", _ffmpeg, True),
        ("output formats", _formats, False),
        ("Chinese font", _font, True),
        ("other scripts", _scripts, False),
        ("looks", _looks, True),
        ("sandbox", _sandbox, False),
        ("exposure", _exposure, True),
        ("data folder", _data, True),
        ("disk", _disk, True),
        ("database", _database, True),
        ("broadcaster", _broadcaster, True),
        ("file storage", _files, True),
        ("port", check_port, False),
        ("GraphiQL", _graphiql, False),
    ]
    for name, check, needed in checks:
        try:
            yield Finding(name, True, check(settings), needed)
        except (DraftcastError, OSError, ValueError, TimeoutError) as error:
            yield Finding(name, False, str(error) or type(error).__name__, needed)


def _ffmpeg(settings: Settings) -> str:
    ffmpeg = find_ffmpeg(settings.ffmpeg)
    return f"{ffmpeg.version}, {ffmpeg.why} ({ffmpeg.path})"


def _formats(settings: Settings) -> str:
    ffmpeg = find_ffmpeg(settings.ffmpeg)
    missing = [reason.en for reason in (unwritable(ffmpeg, each) for each in OutputFormat) if reason is not None]
    if missing:
        raise _CheckFailed("; ".join(missing))
    return ", ".join(OutputFormat)


def _font(settings: Settings) -> str:
    book = find_fonts(settings.font_dirs)
    name = cjk_font_name(book)
    if name is None or book.default is None:
        raise _CheckFailed("no font has Chinese characters; run `make setup`, or name a folder in DRAFTCAST_FONT_DIRS")
    return f"{name} ({book.default.path})"


def _scripts(settings: Settings) -> str:
    found = script_fonts(find_fonts(settings.font_dirs))
    lacking = [script for script, family in found.items() if family is None]
    if lacking:
        raise _CheckFailed(f"no font for {', '.join(lacking)}: captions lose these letters; run `make setup`")
    return ", ".join(f"{script} in {family}" for script, family in found.items())


def _looks(settings: Settings) -> str:
    if not settings.looks:
        return "DRAFTCAST_LOOKS is not set: filters are drawn by their names"
    return f"{check_looks(settings)} colour tables in {', '.join(map(str, settings.looks))}"


def _sandbox(_settings: Settings) -> str:
    found = sandbox_here()
    if not (found.complete and found.signals):
        raise _CheckFailed(f"incomplete: {found}")
    return str(found)


def _exposure(settings: Settings) -> str:
    check_exposure(settings)
    return "renders cannot read data or settings of the server"


def _data(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.data_dir, os.W_OK):
        raise _CheckFailed(f"{settings.data_dir} cannot be written to; set DRAFTCAST_DATA_DIR")
    return str(settings.data_dir)


def _disk(settings: Settings) -> str:
    there = next(folder for folder in (settings.data_dir, *settings.data_dir.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        raise _CheckFailed(f"{free / 1e9:.1f} GB free; {LEAST_FREE_BYTES / 1e9:.0f} GB are needed")
    return f"{free / 1e9:.1f} GB free"


def _database(settings: Settings) -> str:
    migrate(settings.database)

    async def count() -> int:
        database = Database(settings.database)
        try:
            async with database.read() as connection:
                return await pending_count(connection)
        finally:
            await database.close()

    url = sa.make_url(settings.database)
    where = Path(url.database or "").name if url.host is None else f"{url.database} on {url.host}"
    return f"{where}: {asyncio.run(count())} tasks wait"


def _broadcaster(settings: Settings) -> str:
    async def notify() -> None:
        notifier = ChangeNotifier(settings.broadcast)
        async with notifier.run():
            with notifier.listen("doctor") as signal:
                notifier.notify("doctor", 1)
                if not await signal.wait(5.0):
                    raise _CheckFailed("the broadcast backend does not deliver messages; check DRAFTCAST_BROADCAST_URL")

    asyncio.run(notify())
    return settings.broadcast.partition("://")[0]


def _files(settings: Settings) -> str:
    FileStore.of(settings).check()
    return settings.files


def check_port(settings: Settings) -> str:
    """Check that the server can listen on its address. Raises `SettingsError` otherwise."""
    where = f"{settings.host}:{settings.port}"
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"{where} cannot be listened on ({error.strerror}). Is a server running there? "
                "DRAFTCAST_PORT, or --port of `draftcast serve`, takes another port",
                f"无法监听 {where}（{error.strerror}）。可能已有服务器在运行；"
                "可用 DRAFTCAST_PORT 或 `draftcast serve --port` 换一个端口",
            ) from error
    return f"{where} is free"


def _graphiql(_settings: Settings) -> str:
    if not (ASSETS_DIR / "graphiql" / "index.html").is_file():
        raise _CheckFailed("its files are missing; run `make setup`")
    return "installed"
