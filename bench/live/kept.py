"""The cost of queries with many stored tasks, compared with a server of ten: a part of `make bench-live`."""

import asyncio
import http.client
import json
import random
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.measure import open_database
from services.access.callers import OPEN_OWNER
from services.clock import now_ms
from services.migrate import migrate
from services.store import writes
from services.store.database import Database
from services.store.records import Stage, Status, TaskRequest
from services.store.tables import tasks
from tests.support.process import served
from tests.support.programs import postgres_server

FEW, MANY, QUICK_MANY = 10, 200_000, 20_000
TRIES = 15
BATCH = 1000
CODES = ("MATERIAL_UNREACHABLE", "DRAFT_INVALID", "RENDER_FAILED")
FIRST = "first page"
POLL = "poll of an unknown URL"
MOST_POLL, MOST_LIST = 1.5, 2.0
QUESTIONS: dict[str, dict[str, Any]] = {
    FIRST: {},
    "FAILED": {"filter": {"status": ["FAILED"]}},
    "FAILED or COMPLETED": {"filter": {"status": ["FAILED", "COMPLETED"]}},
    "PROCESSING, where none is": {"filter": {"status": ["PROCESSING"]}},
    "an error code": {"filter": {"errorCode": ["DRAFT_INVALID"]}},
    "an error code, by its end": {
        "filter": {"errorCode": ["DRAFT_INVALID"]},
        "order": {"field": "COMPLETED_AT", "direction": "DESC"},
    },
    "by their end": {"order": {"field": "COMPLETED_AT", "direction": "DESC"}},
    "by their change": {"order": {"field": "UPDATED_AT", "direction": "ASC"}},
    "a search that finds nothing": {"filter": {"search": "no such draft"}},
    "a search that finds all": {"filter": {"search": "drafts.example"}},
    "a search that finds some": {"filter": {"search": "=1234"}},
    "created since": {"filter": {"createdAfter": "2020-01-01T00:00:00Z"}},
}
LIST = """query($filter: VideoTaskFilter, $order: VideoTaskOrder) {
  videoTasks(first: 20, filter: $filter, orderBy: $order) { totalCount nodes { id status progress draftUrl } } }"""


async def fill(database: Database, kept: int) -> None:
    """Copy a submitted task to `many` ended ones, of which one in ten has failed."""
    chance, now = random.Random(1), now_ms()
    async with database.write() as connection:
        made = await writes.create(connection, OPEN_OWNER, "0" * 32, TaskRequest(draft_url="https://drafts.example/"))
        (row,) = (await connection.execute(sa.select(tasks).where(tasks.c.id == made.task.id))).mappings()
        await connection.execute(sa.delete(tasks))
    for begin in range(0, kept, BATCH):  # each by itself: within one transaction Postgres keeps every state of a count
        rows = [_copy(dict(row), number, chance, now - (kept - number) * 30_000) for number in _batch(begin, kept)]
        async with database.write() as connection:
            await connection.execute(sa.insert(tasks), rows)
    async with database.write() as connection:
        await connection.execute(sa.text("ANALYZE"))


def _batch(begin: int, kept: int) -> range:
    return range(begin, min(begin + BATCH, kept))


def _copy(row: dict[str, Any], number: int, chance: random.Random, at_ms: int) -> dict[str, Any]:
    failed = chance.random() < 0.1
    return {
        **row,
        "id": f"{chance.getrandbits(128):032x}",
        "draft_url": f"https://drafts.example/openapi/capcut-mate/v1/get_draft?draft_id={number}",
        "status": Status.FAILED if failed else Status.COMPLETED,
        "stage": Stage.PREPARING if failed else Stage.DONE,
        "error_code": chance.choice(CODES) if failed else None,
        "created_at_ms": at_ms,
        "completed_at_ms": at_ms + 20_000 + chance.randrange(60_000),
        "updated_at_ms": at_ms + 20_000 + chance.randrange(60_000),
        "warnings": [],
    }


class Asker:
    """Asks a server over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path: str, body: dict[str, Any]) -> float:
        """Milliseconds until the response."""
        began = time.perf_counter()
        self._connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
        took = 1000 * (time.perf_counter() - began)
        assert "errors" not in answer, answer
        return took

    def poll(self) -> float:
        """A poll of a URL without a task; another one each time, so that none is cached."""
        return self.ask(
            "/openapi/capcut-mate/v1/gen_video_status", {"draft_url": f"https://a.example/{time.time_ns()}"}
        )


@contextmanager
def server(folder: Path, url: str, kept: int) -> Generator[Asker]:
    """A server with `many` ended tasks."""
    database_url = url or f"sqlite:///{folder / 'data' / 'draftcast.sqlite'}"
    migrate(database_url)

    async def filled() -> None:
        async with open_database(database_url) as database:
            await fill(database, kept)

    asyncio.run(filled())
    with served(folder, "--no-worker", **({"database_url": url} if url else {})) as running:
        running.start()
        yield Asker(running.port)


def measured(*, quick: bool) -> None:
    """Print the figures of both databases. Each question is asked in turns, and its least time counts."""
    many = QUICK_MANY if quick else MANY
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        postgres = stack.enter_context(postgres_server())
        for name, urls in (("SQLite", ("", "")), ("Postgres", (postgres.empty_database(), postgres.empty_database()))):
            with ExitStack() as servers:
                askers = [
                    servers.enter_context(server(Path(folder) / f"{name}{kept}", url, kept))
                    for kept, url in zip((FEW, many), urls, strict=True)
                ]
                _judge(name, many, *askers)


def _judge(name: str, many: int, few_kept: Asker, many_kept: Asker) -> None:
    print(f"\n{name}, {many:,} ended tasks kept")
    polls = [(few_kept.poll(), many_kept.poll()) for _ in range(TRIES)]
    few, much = (min(times) for times in zip(*polls, strict=True))
    print(f"  {POLL:<28} {much:8.2f} ms  {much / few:5.2f} x of ten kept  {_verdict(much / few <= MOST_POLL)}")
    times = {
        question: min(many_kept.ask("/graphql", {"query": LIST, "variables": asked}) for _ in range(TRIES))
        for question, asked in QUESTIONS.items()
    }
    for question, took in times.items():
        ratio = took / times[FIRST]
        print(
            f"  {question:<28} {took:8.2f} ms  {ratio:5.2f} x of the {FIRST}  {_verdict(ratio <= MOST_LIST)}",
            flush=True,
        )


def _verdict(met: bool) -> str:
    return "met" if met else "NOT MET"
