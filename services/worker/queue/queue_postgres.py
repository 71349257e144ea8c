"""The work queue on PostgreSQL: procrastinate hands out the jobs, and this module recovers those of dead workers. The
only module that knows procrastinate's functions and tables.

Its workers have heartbeats, but no fence of their own: who ends or retries a job need not hold it. `Job.token` is the
fence; and before the engine returns a job to the queue, it must still be held by this process.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job as EngineJob
from procrastinate.jobs import Status
from procrastinate.manager import get_channel_for_queues
from procrastinate.worker import Worker
from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import RETRY_SECONDS, background, every
from services.errors import DraftcastError, StoreUnavailable
from services.store.database import POSTGRES_ARGUMENTS, POSTGRES_OPTIONS, Database
from services.worker.queue.connector import KeptConnections, PatientConnector
from services.worker.queue.heartbeats import Heartbeats
from services.worker.queue.queue import FencedOff, Handle, Job, JobKind, WorkQueue

log = logging.getLogger(__name__)

QUEUE = "work"
TASK = "job"
CHANNEL = next(iter(get_channel_for_queues([QUEUE])))
NOTIFICATION = json.dumps({"type": "job_inserted", "job_id": 0})
"""A notification on the channel; workers look for a job, whatever its id."""
HEARTBEATS = 5
"""Heartbeats, and looks at those of others, within the dead-after time."""
POLL_SECONDS = 2.0
"""Interval of looks for a job: one that has failed does not notify, and a lost connection does not listen."""
ERROR_SECONDS = 1.0
"""Pause before a job that failed is handed out again."""
STOP_SECONDS = 2.0
NEVER_SECONDS = 100 * 365 * 86_400.0
"""Age by the database's clock at which the engine itself removes a worker."""
ENGINE_OPTIONS = f"{POSTGRES_OPTIONS} -c synchronous_commit=off"
"""What the engine writes does not wait for the disk. A power failure loses the newest writes only: where a claim has
lasted, so has the hand-out before it; a job whose end is lost comes again, and its row says that it is over.
"""
PRIORITY_STEP = 1_000_000
"""The engine's priority is that of the job in steps, and within a step its turn: 999 999 for a job that was handed out
before, then 999 998 for turn 0 down to 0 for turn 999 998 and later. It fits into 32 bits for priorities of -1000 to
1000.
"""
TOKEN_STEP = 1 << 20
"""The token is the engine's id of the job in steps, and within a step the number of the attempt."""

_ENQUEUE = sa.text(f"""
SELECT procrastinate_defer_jobs_v1(
  array_agg(ROW('{QUEUE}', '{TASK}', priority, NULL, key, args, NULL)::procrastinate_job_to_defer_v1))
FROM jsonb_to_recordset(CAST(:jobs AS jsonb)) AS added(priority integer, key text, args jsonb)""")  # noqa: S608 - our own constants
_CANCEL = sa.text("""
SELECT procrastinate_cancel_job_v1(id, true, true)
FROM (SELECT id FROM procrastinate_jobs WHERE queueing_lock LIKE :keys ORDER BY id) AS found""")
_BEATS = sa.text("SELECT id, last_heartbeat FROM procrastinate_workers")
_HELD = sa.text("SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = :worker")
_REMOVE_DEAD = sa.text("DELETE FROM procrastinate_workers WHERE id = ANY(:dead)")
_RECOVER = sa.text(f"""
WITH lost AS MATERIALIZED (
  SELECT id, priority, abort_requested FROM procrastinate_jobs
  WHERE status = 'doing' AND (worker_id IS NULL OR id = ANY(:stranded)) ORDER BY id FOR UPDATE SKIP LOCKED)
SELECT id, CASE WHEN abort_requested THEN procrastinate_finish_job_v1(id, 'aborted', true)
  ELSE procrastinate_retry_job_v2(
    id, NULL, floor(priority / {PRIORITY_STEP}.0)::integer * {PRIORITY_STEP} + {PRIORITY_STEP - 1}, NULL, NULL) END
FROM lost""")  # noqa: S608 - our own constants
NOTIFY = sa.text("SELECT pg_notify(:channel, :payload)").bindparams(channel=CHANNEL, payload=NOTIFICATION)


class PostgresQueue(WorkQueue):
    """The queue of all processes on one database. The heart of one that runs jobs beats five times within the
    dead-after time; one whose heart stood still for that long loses its jobs.
    """

    def __init__(
        self, database: Database, dead_after_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._interval_seconds = dead_after_seconds / HEARTBEATS
        self._hearts = Heartbeats(dead_after_seconds, clock)
        self.connector = PatientConnector()
        self._worker: Worker | None = None
        self._running: set[int] = set()
        self._unknown: set[int] = set()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    async def enqueue(self, connection: AsyncConnection, added: Sequence[Job]) -> None:
        """See `WorkQueue`."""
        rows = [{"priority": _rank(job.priority, job.turn), "key": _key(job), "args": _arguments(job)} for job in added]
        await connection.execute(_ENQUEUE, {"jobs": json.dumps(rows)})

    async def cancel(self, connection: AsyncConnection, task: str, run: int) -> None:
        """See `WorkQueue`."""
        await connection.execute(_CANCEL, {"keys": f"{task}/{run}/%"})

    def queued(self) -> sa.Select[str, int]:
        """See `WorkQueue`."""
        task = sa.literal_column("args->>'task'", sa.String()).label("task")
        run = sa.literal_column("(args->>'run')::integer", sa.Integer()).label("run")
        active = sa.text("procrastinate_jobs.status IN ('todo', 'doing')")
        return sa.select(task, run).select_from(sa.table("procrastinate_jobs")).where(active)

    def wake(self) -> None:
        """Does nothing: the database notifies the workers of a commit."""

    async def run(self, slots: int, handle: Handle) -> None:
        """See `WorkQueue`."""
        app = App(connector=self.connector)

        @app.task(name=TASK, queue=QUEUE, pass_context=True, retry=_Again())
        async def do(context: JobContext, /, **_: object) -> None:
            await self._do(context, handle)

        self._ended.clear()
        try:
            async with self._pool() as pool:
                await app.open_async(pool)
                async with background("queue", every(self._interval_seconds, "recovery of jobs", self._look)):
                    await self._serve(app, slots)
        finally:
            self._ended.set()
        if self.connector.fenced_off:
            raise FencedOff("another process has the work of this one")

    def _pool(self) -> KeptConnections:
        return KeptConnections(
            self._database.url.set(drivername="postgresql").render_as_string(hide_password=False),
            kwargs={**POSTGRES_ARGUMENTS, "options": ENGINE_OPTIONS},
            open=False,
        )

    async def _serve(self, app: App, slots: int) -> None:
        """Run one engine after the other until `stop`."""
        while not self._stopping.is_set():
            self._worker = Worker(
                app,
                queues=[QUEUE],
                concurrency=slots,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=0,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._interval_seconds,
                stalled_worker_timeout=NEVER_SECONDS,
            )
            try:
                await self._worker.run()  # type: ignore[no-untyped-call] # procrastinate has not annotated it
            except ConnectorException as error:
                log.warning("the queue engine has ended: %s", error.__cause__ or error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RETRY_SECONDS)

    async def stop(self) -> None:
        """See `WorkQueue`."""
        self._end()
        await self._ended.wait()
        with suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS), self._database.write(serialized=False) as connection:
                await connection.execute(NOTIFY)  # the engine notifies nobody of returned jobs

    def _end(self) -> None:
        self._stopping.set()
        self.connector.patient = False
        self._end_engine()

    def _give_up(self, why: str) -> None:
        log.warning("all jobs are given up: %s", why)
        self._end_engine()

    def _end_engine(self) -> None:
        """Have the engine cancel all handles; `_serve` starts the next engine."""
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call] # procrastinate has not annotated it

    async def _do(self, context: JobContext, handle: Handle) -> None:
        """Do a job for the engine, which ends it when this returns, and returns it to the queue when this raises."""
        key = context.job.id or 0
        self._running.add(key)
        try:
            await self._handled(context, handle)
        except asyncio.CancelledError:
            if context.abort_reason() is not AbortReason.USER_REQUEST:
                raise
        except FencedOff:
            self.connector.fenced_off = True
            self._end()
        finally:
            self._running.discard(key)

    async def _handled(self, context: JobContext, handle: Handle) -> None:
        """Await the handle. Raises `FencedOff` rather than have the engine return the job of another process."""
        try:
            await handle(_job_of(context.job))
        except FencedOff:
            raise
        except BaseException as error:
            if isinstance(error, Exception):
                bug = None if isinstance(error, DraftcastError) else error
                log.log(logging.ERROR if bug else logging.INFO, "the job comes again: %s", error, exc_info=bug)
                await asyncio.sleep(ERROR_SECONDS)
            if context.abort_reason() is not AbortReason.USER_REQUEST:
                await self._check_holder(context)
            raise

    async def _check_holder(self, context: JobContext) -> None:
        held = await context.app.job_manager.list_jobs_async(
            id=context.job.id, worker_id=context.job.worker_id, status=Status.DOING.value
        )
        if not list(held):
            raise FencedOff("another process has the job of this one")

    async def _look(self) -> None:
        """Recover jobs of dead workers. A process that could not look for the dead-after time gives up its own."""
        try:
            async with asyncio.timeout(2 * self._interval_seconds):
                await self._recover()
        except TimeoutError as error:
            raise StoreUnavailable("a look at the queue took too long") from error
        finally:
            if self._hearts.blind:
                self._give_up("the queue was out of reach for too long")

    async def _recover(self) -> None:
        async with self._database.write(serialized=False) as connection:
            beats = {row.id: row.last_heartbeat for row in await connection.execute(_BEATS)}
            mine = self._worker.worker_id if self._worker else None
            if mine is not None and mine not in beats:
                self._give_up("this process was taken for dead")
            dead = self._hearts.look(beats)
            if dead:
                log.warning("%d workers are dead", len(dead))
                await connection.execute(_REMOVE_DEAD, {"dead": dead})
            stranded = await self._stranded(connection, mine)
            recovered = (await connection.execute(_RECOVER, {"stranded": stranded})).scalars().all()
            if recovered:
                log.warning("%d jobs of lost workers are handed out again", len(recovered))
                await connection.execute(NOTIFY)

    async def _stranded(self, connection: AsyncConnection, worker: int | None) -> list[int]:
        """Jobs that our worker holds and did not know at this look and the one before: an answer was lost."""
        held = await connection.execute(_HELD, {"worker": worker})
        unknown = set(held.scalars()) - self._running
        stranded, self._unknown = unknown & self._unknown, unknown
        return sorted(stranded)


class _Again(BaseRetryStrategy):
    """Every job comes again at once, before others of its priority. Without a date: that would be of this machine."""

    def get_retry_decision(self, *, exception: BaseException, job: EngineJob) -> RetryDecision:
        """See procrastinate."""
        del exception
        return RetryDecision(priority=job.priority // PRIORITY_STEP * PRIORITY_STEP + PRIORITY_STEP - 1)


def _rank(priority: int, turn: int) -> int:
    return priority * PRIORITY_STEP + max(0, PRIORITY_STEP - 2 - turn)


def _key(job: Job) -> str:
    """The name of the job, which begins with its task and run; two that wait never have the same."""
    return f"{job.task}/{job.run}/{job.kind}/{job.part}"


def _arguments(job: Job) -> dict[str, Any]:
    return {
        "task": job.task,
        "run": job.run,
        "kind": job.kind,
        "part": job.part,
        "priority": job.priority,
        "turn": job.turn,
    }


def _job_of(found: EngineJob) -> Job:
    """The job with its token. Raises `ValueError` for a kind of a newer release."""
    arguments: dict[str, Any] = found.task_kwargs
    token = (found.id or 0) * TOKEN_STEP + min(found.attempts + 1, TOKEN_STEP - 1)
    return replace(Job(**arguments), kind=JobKind(arguments["kind"]), token=token)
