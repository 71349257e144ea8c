"""Opens the stateful parts of the service in order, and closes them in reverse."""

import asyncio
import fcntl
import logging
import uuid
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from services.access.audit import Audit
from services.access.keyring import Keyring
from services.access.limits import Limits
from services.access.signing import Hmac, Signer
from services.drafts.uploads.store import Uploads
from services.drafts.uploads.unpack import UnpackLimits
from services.errors import Bilingual, SettingsError
from services.files.store import FileStore
from services.http.guard import Guard
from services.live.connections import Connections
from services.live.notifier import ChangeNotifier
from services.live.task_cache import TaskCache
from services.migrate import migrate
from services.monitoring.health import Health
from services.monitoring.metrics import Metrics
from services.output import OutputFormat
from services.render.encoding import unwritable
from services.render.process.ffmpeg import FfmpegMissing, find_ffmpeg
from services.render.text.fonts import cjk_font_name, find_fonts, script_fonts
from services.sandbox.process_sandbox import sandbox_here
from services.settings import Settings, traces_enabled
from services.startup_checks import check_exposure, check_looks
from services.store.database import Database
from services.tasks.draft_check import DraftCheck
from services.tasks.manager import TaskManager
from services.tasks.report import Reports
from services.telemetry.stream_metrics import StreamMetrics
from services.telemetry.traces import NO_TRACES, Traces
from services.webhooks.delivery import WebhookSender, webhook_secret
from services.worker.context import WorkerContext
from services.worker.maintenance import Maintenance
from services.worker.queue.choice import queue_of
from services.worker.queue.queue import WorkQueue
from services.worker.registry import WorkerRegistry
from services.worker.restart import start_anew
from services.worker.worker import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """The components found at the start."""

    version: str
    ffmpeg_version: str | None
    cjk_font: str | None
    script_fonts: Mapping[str, str | None]
    """The family of each script that set-up brings fonts for; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services that resolvers call."""

    settings: Settings
    manager: TaskManager
    reports: Reports
    uploads: Uploads
    files: FileStore
    keyring: Keyring
    limits: Limits
    audit: Audit
    stream_metrics: StreamMetrics
    connections: Connections
    health: Health
    facts: ServiceFacts


@asynccontextmanager
async def open_services(settings: Settings, *, work: bool = True) -> AsyncGenerator[Services]:
    """The running service, with a worker in this process if `work`."""
    await asyncio.to_thread(_check_sandbox, settings)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(migrate, settings.database)
        data_dir_id = stack.enter_context(_worker_locks(settings)) if work else ""
        traces = await _open_traces(stack)
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        queue = queue_of(database, settings.dead_after_seconds)
        notifier = ChangeNotifier(settings.broadcast)
        await stack.enter_async_context(notifier.run())
        task_cache = TaskCache(database, notifier)
        await stack.enter_async_context(task_cache.run())
        mac = Hmac(settings.data_dir, settings.signing_key)
        keyring = await _open_keyring(stack, settings, mac)
        signer = Signer(mac, settings.file_url_seconds, lambda: not keyring.open)
        files = FileStore.of(settings, signer)
        registry = WorkerRegistry(
            database, data_dir_id, settings.render_slots if work else 0, settings.dead_after_seconds
        )
        await stack.enter_async_context(registry.serve())
        maintenance = Maintenance(
            database, queue, task_cache, files, registry, keep_days=settings.keep_days, traces=traces
        )
        await stack.enter_async_context(maintenance.serve())
        stream_metrics = StreamMetrics()
        metrics = Metrics(stream_metrics)
        guard = Guard(settings.allow_hosts)
        secret = webhook_secret(settings.webhook_secret, mac)
        sender = WebhookSender(database, registry, files, guard, secret, metrics.record_webhook, traces=traces)
        await stack.enter_async_context(sender.serve())
        if work:
            context = WorkerContext(database, queue, task_cache, files, registry, metrics.record_end, settings, traces)
            await stack.enter_async_context(_working(Worker(context), queue, settings.render_slots))
        manager = TaskManager(
            database,
            queue,
            task_cache,
            max_queued=settings.max_queued,
            queued_per_key=settings.queued_per_key,
            capacity=lambda: registry.capacity,
            webhooks=guard,
            traces=traces,
            unwritable=partial(_unwritable, settings),
            drafts=DraftCheck(settings),
            default_output=settings.default_output,
            default_label=settings.ai_label,
        )
        stack.push_async_callback(manager.close)
        reports = Reports(settings)
        await stack.enter_async_context(reports.serve())
        uploads = _uploads(settings)
        await stack.enter_async_context(uploads.serve())
        facts = await asyncio.to_thread(_facts, settings)
        yield Services(
            settings=settings,
            manager=manager,
            reports=reports,
            uploads=uploads,
            files=files,
            keyring=keyring,
            limits=Limits(settings.submits_per_minute, settings.queries_per_minute, settings.sockets_per_key),
            audit=Audit(settings.audit_log),
            stream_metrics=stream_metrics,
            connections=Connections(notifier),
            health=Health(database, task_cache, notifier, registry, metrics, settings),
            facts=facts,
        )


def _check_sandbox(settings: Settings) -> None:
    check_exposure(settings)
    check_looks(settings)
    here = sandbox_here()
    if not here.complete:
        log.warning("the sandbox of renders is incomplete: %s; DRAFTCAST_REQUIRE_SANDBOX makes this an error", here)


async def _open_traces(stack: AsyncExitStack) -> Traces:
    """Loads OpenTelemetry only where a collector is configured."""
    if not traces_enabled():
        return NO_TRACES
    from services.telemetry.otlp import collector

    return Traces(await stack.enter_async_context(collector()))


async def _open_keyring(stack: AsyncExitStack, settings: Settings, mac: Hmac) -> Keyring:
    """The keyring has its own connections: authentication does not wait for running requests."""
    keys = Database(settings.database)
    stack.push_async_callback(keys.close)
    keyring = Keyring(keys, mac)
    await stack.enter_async_context(keyring.run())
    return keyring


def _uploads(settings: Settings) -> Uploads:
    limits = UnpackLimits(settings.max_material_bytes, settings.max_task_bytes)
    return Uploads(settings.data_dir / "drafts", limits, settings.keep_drafts_hours * 3600)


@asynccontextmanager
async def _working(worker: Worker, queue: WorkQueue, slots: int) -> AsyncGenerator[None]:
    """Do the jobs of the queue while the block lasts; at its end running ones are handed back. When another process has
    taken this one for dead, it starts anew.
    """

    def on_end(running: asyncio.Task[None]) -> None:
        error = None if running.cancelled() else running.exception()
        if error is not None:
            log.critical("this process starts anew: %r", error)
            start_anew()

    async with worker.serve():
        running = asyncio.create_task(queue.run(slots, worker.handle), name="queue")
        running.add_done_callback(on_end)
        try:
            yield
        finally:
            running.remove_done_callback(on_end)
            await queue.stop()
            await asyncio.gather(running, return_exceptions=True)


@contextmanager
def _worker_locks(settings: Settings) -> Generator[str]:
    """Lock the data folder, since two workers in it would remove each other's files, and an SQLite file, since two on
    it would do the same jobs. Yields the permanent id of the folder, by which a worker recognizes its predecessor.
    """
    data_dir = settings.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    url = sa.make_url(settings.database)
    with (
        _lock(data_dir / "worker.lock", f"DRAFTCAST_DATA_DIR: another worker runs on {data_dir}"),
        ExitStack() as stack,
    ):
        if url.get_backend_name() == "sqlite":
            why = f"DRAFTCAST_DATABASE_URL: another worker runs on {url.database}, and several need PostgreSQL"
            stack.enter_context(_lock(Path(f"{url.database}.worker"), why))
        yield _data_dir_id(data_dir)


@contextmanager
def _lock(path: Path, why: str) -> Generator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(f"{why}; stop it, or start with serve --no-worker") from None
        yield


def _data_dir_id(data_dir: Path) -> str:
    name = data_dir / "worker.id"
    if not name.exists():
        fresh = name.with_suffix(".new")
        fresh.write_text(uuid.uuid4().hex)
        fresh.replace(name)
    return name.read_text()


def _unwritable(settings: Settings, format_: OutputFormat) -> Bilingual | None:
    """The reason why this machine's renderer cannot write a format; None if it can, or another exporter renders."""
    if settings.exporter:
        return None
    with suppress(FfmpegMissing):
        return unwritable(find_ffmpeg(settings.ffmpeg), format_)
    return None


def _facts(settings: Settings) -> ServiceFacts:
    try:
        ffmpeg = find_ffmpeg(settings.ffmpeg).version
    except FfmpegMissing as error:
        log.warning("no video can be rendered: %s", error)
        ffmpeg = None
    fonts = find_fonts(settings.font_dirs)
    return ServiceFacts(
        version=version("draftcast"),
        ffmpeg_version=ffmpeg,
        cjk_font=cjk_font_name(fonts),
        script_fonts=script_fonts(fonts),
    )
