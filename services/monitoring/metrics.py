"""Metrics in the Prometheus text format. Each process reports its own; those of the queue are read
from the database.
"""

from collections.abc import Iterable
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.clock import now_ms
from services.errors import ErrorCode
from services.live.notifier import ChangeNotifier
from services.live.task_cache import TaskCache
from services.sandbox.process_sandbox import sandbox_here
from services.store import outbox, reads
from services.store.database import Database
from services.store.records import DeliveryState, StageProgress, Status, Task
from services.telemetry.stream_metrics import EndReason, StreamMetrics
from services.worker.registry import WorkerRegistry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FETCH_ERRORS = frozenset(
    {
        ErrorCode.DRAFT_URL_REFUSED,
        ErrorCode.DRAFT_NOT_FOUND,
        ErrorCode.MATERIAL_UNREACHABLE,
        ErrorCode.MATERIAL_REFUSED,
        ErrorCode.MATERIAL_TOO_LARGE,
    }
)
"""Codes of failed fetches: caused by the server of a draft or material."""
STAGE_SECONDS = (0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """The metrics of one process."""

    def __init__(self, stream_metrics: StreamMetrics) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_StreamCollector(stream_metrics))
        self._ends = Counter(
            "draftcast_attempts_ended", "Attempts ended by this process", ["status", "code"], registry=self._registry
        )
        self._fetches = Counter(
            "draftcast_fetch_errors",
            "Attempts of this process that failed because the draft or a material could not be fetched",
            ["code"],
            registry=self._registry,
        )
        self._stages = Histogram(
            "draftcast_stage_seconds",
            "Duration of the stages of tasks completed by this process",
            ["stage"],
            buckets=STAGE_SECONDS,
            registry=self._registry,
        )
        self._tasks = Gauge("draftcast_tasks", "Active tasks of all owners", ["status"], registry=self._registry)
        self._age = self._gauge("draftcast_queue_age_seconds", "Age of the oldest pending task")
        self._slots = self._gauge("draftcast_render_slots", "Concurrent renders on all machines")
        self._workers = self._gauge("draftcast_workers", "Live workers")
        self._listeners = self._gauge("draftcast_listeners", "Subscriptions and waiting requests of this process")
        self._webhooks = Counter(
            "draftcast_webhook_tries", "Webhook attempts of this process", ["state"], registry=self._registry
        )
        sandbox = Gauge(
            "draftcast_sandbox",
            "Whether the kernel restricts renders: files, system calls, signals",
            ["part"],
            registry=self._registry,
        )
        for part, there in asdict(sandbox_here()).items():
            sandbox.labels(part).set(there)
        self._outbox = self._gauge("draftcast_webhooks_waiting", "Webhooks not yet delivered")
        self._rebuilds = self._gauge(
            "draftcast_doorbell_rebuilds", "How often the change notifier of this process reconnected"
        )

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self._registry)

    def record_end(self, task: Task) -> None:
        """An attempt has ended its task."""
        code = task.failure.code if task.failure else ""
        self._ends.labels(task.status, code).inc()
        if code in FETCH_ERRORS:
            self._fetches.labels(code).inc()
        if task.status is Status.COMPLETED:
            for stage in task.stages:
                self._record_stage(stage)

    def record_webhook(self, state: DeliveryState) -> None:
        """A webhook was attempted; the delivery is now in this state."""
        self._webhooks.labels(state).inc()

    def _record_stage(self, stage: StageProgress) -> None:
        if stage.completed_at_ms is not None:
            self._stages.labels(stage.stage).observe((stage.completed_at_ms - stage.started_at_ms) / 1000)

    async def exposition(
        self, database: Database, task_cache: TaskCache, notifier: ChangeNotifier, registry: WorkerRegistry
    ) -> bytes:
        """All metrics in the Prometheus text format. Raises `StoreUnavailable`."""
        async with database.read() as connection:
            pending, processing, oldest_ms = await reads.queue_totals(connection)
            waiting = await outbox.waiting_count(connection)
        self._outbox.set(waiting)
        self._tasks.labels(Status.PENDING).set(pending)
        self._tasks.labels(Status.PROCESSING).set(processing)
        self._age.set(0 if oldest_ms is None else max(0, now_ms() - oldest_ms) / 1000)
        self._slots.set(registry.capacity)
        self._workers.set(sum(1 for record in registry.live_workers() if record.slots))
        self._listeners.set(task_cache.listeners)
        self._rebuilds.set(notifier.rebuilds)
        return generate_latest(self._registry)


class _StreamCollector(Collector):
    """The stream metrics, read at collection. The library's own counter takes ten times as long as an integer, too long
    for every message.
    """

    def __init__(self, stream_metrics: StreamMetrics) -> None:
        self._stream_metrics = stream_metrics

    def collect(self) -> Iterable[Metric]:
        """The metrics of each transport."""
        subscribers = GaugeMetricFamily(
            "draftcast_subscribers",
            "Running operations on persistent connections of this process",
            labels=["transport"],
        )
        messages = CounterMetricFamily(
            "draftcast_messages", "Results sent by this process on persistent connections", labels=["transport"]
        )
        ends = CounterMetricFamily(
            "draftcast_stream_ends",
            "Operations on persistent connections of this process that have ended, by reason",
            labels=["transport", "reason"],
        )
        for transport, channel in self._stream_metrics.transports.items():
            subscribers.add_metric([transport], channel.running)
            messages.add_metric([transport], channel.messages)
            for reason in EndReason:
                ends.add_metric([transport, reason], channel.ends[reason])
        return [subscribers, messages, ends]
