"""Health checks: database, disk, change notifier, a live worker, the sandbox."""

import asyncio
import shutil
from dataclasses import dataclass

from services.errors import StoreUnavailable
from services.live.notifier import ChangeNotifier
from services.live.task_cache import TaskCache
from services.monitoring.metrics import Metrics
from services.sandbox.process_sandbox import sandbox_here
from services.settings import Settings
from services.store import reads
from services.store.database import Database
from services.worker.registry import WorkerRegistry

LEAST_FREE_BYTES = 500_000_000
ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. A process that fails a `needed` one should get no requests."""

    name: str
    ok: bool
    needed: bool


class Health:
    """Runs the checks of this process."""

    def __init__(
        self,
        database: Database,
        task_cache: TaskCache,
        notifier: ChangeNotifier,
        registry: WorkerRegistry,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._database = database
        self._task_cache = task_cache
        self._notifier = notifier
        self._registry = registry
        self._metrics = metrics
        self._settings = settings

    async def checks(self) -> list[Check]:
        """Run all checks, within a few seconds.

        Without the change notifier changes are found by polling, without a worker tasks can still be submitted and
        watched, and an incomplete sandbox stops no render: these are reported, not needed. The disk is needed where
        renders run.
        """
        healthy = self._registry.me.slots > 0
        lacking = [] if sandbox_here().complete else [Check("sandbox", ok=False, needed=False)]
        return [
            Check("database", await self._database_answers(), needed=True),
            Check("disk", await asyncio.to_thread(self._has_room), needed=healthy),
            Check("doorbell", self._notifier.healthy, needed=False),
            Check("worker", self._registry.capacity > 0, needed=False),
            *lacking,
        ]

    async def metrics(self) -> bytes:
        """The metrics in the Prometheus text format. Raises `StoreUnavailable`."""
        return await self._metrics.exposition(self._database, self._task_cache, self._notifier, self._registry)

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._database.read() as connection:
                await reads.queue_totals(connection)
        except (StoreUnavailable, TimeoutError):
            return False
        return True

    def _has_room(self) -> bool:
        try:
            return shutil.disk_usage(self._settings.data_dir).free >= LEAST_FREE_BYTES
        except OSError:
            return False
