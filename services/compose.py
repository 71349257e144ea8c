"""Opens the parts that have a state, in order, and closes them in the opposite one."""

import asyncio
import fcntl
import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from services.files.store import FileStore
from services.render.ffmpeg import FfmpegMissing, find_ffmpeg
from services.render.fonts import cjk_font_name, find_fonts
from services.settings import Settings, SettingsError
from services.tasks.engine import Engine, Queue
from services.tasks.hot import HotTasks
from services.tasks.hub import Hub
from services.tasks.manager import TaskManager
from services.tasks.report import Reports
from services.tasks.store.database import Database, migrate
from services.tasks.worker import Worker

log = logging.getLogger(__name__)

EXECUTOR = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What the service is made of, as it was found at the start."""

    version: str
    ffmpeg_version: str | None
    cjk_font: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that resolvers call."""

    settings: Settings
    manager: TaskManager
    reports: Reports
    files: FileStore
    facts: ServiceFacts


@asynccontextmanager
async def open_services(settings: Settings, *, work: bool = True) -> AsyncGenerator[Services]:
    """The running service, with a worker in this process when `work` is set."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(migrate, settings.database)
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        queue = await asyncio.to_thread(Queue, settings.database)
        stack.callback(queue.close)
        hub = Hub(settings.broadcast_url)
        await stack.enter_async_context(hub.run())
        hot = HotTasks(database, hub)
        await stack.enter_async_context(hot.run())
        files = FileStore(settings.files, settings.base_url)
        if work:
            await _open_worker(stack, Worker(database, queue, hot, files, settings), settings)
        manager = TaskManager(database, queue, hot, max_queued=settings.max_queued, capacity=settings.render_slots)
        reports = Reports(settings)
        await stack.enter_async_context(reports.serve())
        facts = await asyncio.to_thread(_facts, settings)
        yield Services(settings=settings, manager=manager, reports=reports, files=files, facts=facts)


async def _open_worker(stack: AsyncExitStack, worker: Worker, settings: Settings) -> None:
    """The engine stops after the attempts have been handed back, so that none is taken up again here."""
    stack.enter_context(_only_worker(settings.data_dir))
    engine = Engine(settings.database, EXECUTOR, settings.render_slots)
    stack.push_async_callback(engine.stop)
    await stack.enter_async_context(worker.serve())
    await engine.start(worker.run)


@contextmanager
def _only_worker(data_dir: Path) -> Generator[None]:
    """Two workers on one data folder would take each other's tasks for lost: the second does not start."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(
                f"DRAFTCAST_DATA_DIR: another worker runs on {data_dir}; stop it, or start with serve --no-worker"
            ) from None
        yield


def _facts(settings: Settings) -> ServiceFacts:
    try:
        ffmpeg = find_ffmpeg(settings.ffmpeg).version
    except FfmpegMissing as error:
        log.warning("no video can be rendered: %s", error)
        ffmpeg = None
    return ServiceFacts(
        version=version("draftcast"),
        ffmpeg_version=ffmpeg,
        cjk_font=cjk_font_name(find_fonts(settings.font_dirs)),
    )
