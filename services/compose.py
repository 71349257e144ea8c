"""Opens the parts that have a state, in order, and closes them in the opposite one."""

import asyncio
import fcntl
import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from services.access.audit import Audit
from services.access.keyring import Keyring
from services.access.limits import Limits
from services.access.signing import Seal, Signer
from services.drafts.shelf import Shelf
from services.drafts.unpack import UnpackLimits
from services.files.store import FileStore
from services.render.ffmpeg import FfmpegMissing, find_ffmpeg
from services.render.fonts import cjk_font_name, find_fonts
from services.settings import Settings, SettingsError
from services.tasks.engine import Engine, Queue
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
    shelf: Shelf
    files: FileStore
    keyring: Keyring
    limits: Limits
    audit: Audit
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
        seal = Seal(settings.data_dir, settings.signing_key)
        keys = Database(settings.database)  # of its own: who may come in does not wait for those who are in
        stack.push_async_callback(keys.close)
        keyring = Keyring(keys, seal)
        await stack.enter_async_context(keyring.serve())
        signer = Signer(seal, settings.file_url_seconds, lambda: not keyring.open)
        files = FileStore(settings.files, settings.base_url, signer)
        if work:
            await _open_worker(stack, Worker(database, queue, hub, files, settings), settings)
        manager = TaskManager(
            database,
            queue,
            hub,
            max_queued=settings.max_queued,
            queued_per_key=settings.queued_per_key,
            capacity=settings.render_slots,
        )
        reports = Reports(settings)
        await stack.enter_async_context(reports.serve())
        shelf = _shelf(settings)
        await stack.enter_async_context(shelf.serve())
        facts = await asyncio.to_thread(_facts, settings)
        yield Services(
            settings=settings,
            manager=manager,
            reports=reports,
            shelf=shelf,
            files=files,
            keyring=keyring,
            limits=Limits(settings.submits_per_minute, settings.queries_per_minute, settings.sockets_per_key),
            audit=Audit(settings.audit_log),
            facts=facts,
        )


def _shelf(settings: Settings) -> Shelf:
    limits = UnpackLimits(settings.max_material_bytes, settings.max_task_bytes)
    return Shelf(settings.data_dir / "drafts", limits, settings.keep_drafts_hours * 3600)


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
