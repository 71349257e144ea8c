"""Prints the cost of the guards: `make bench-guard`, shorter with QUICK=1, on an otherwise idle machine.

Hostile queries, accepted and refused; a server with keys and one without; renders in the sandbox and outside.
"""

import argparse
import asyncio
import http.client
import json
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa

from bench import scenes
from bench.hurtful import FAMILIES, SIZES, Document, Family, mixture
from bench.measure import RENDERER, open_database, rendered
from bench.scale import UNLIMITED, row
from bench.stretches import Stretches
from services.access.callers import OPEN_OWNER
from services.clock import now_ms
from services.render.process.ffmpeg import find_ffmpeg
from services.store import writes
from services.store.records import TaskRequest
from services.store.tables import events, tasks
from services.warning_limit import MAX_WARNINGS
from tests.support.keys import bearing, new_key
from tests.support.process import Served, served

TASKS, FULL, EVENTS = 1000, 100, 120
"""A database that hurts: tasks, and how many of them have so many events and all the warnings a task can have."""
TRIES, MOST_TRIES = 3, 12
"""Further tries, after three, while a document exceeds its limit: the machine may have been busy."""
MIXTURES = 40
MOST_MS = 50.0
SHOWN = 8
"""Documents of a kind that are printed."""
ROUNDS, AT_ONCE = 1000, 50
"""Requests sent at once to each server in turn, as under load: single ones would find a cold processor."""
RENDERS = 12
VIDEO_SECONDS = 1.0
TASK = """query($id: ID!) { videoTask(id: $id) {
  id draftUrl status stage progress attempt seq createdAt updatedAt videoUrl } }"""
_SUBMIT = {
    "query": 'mutation { submitVideoTask(input: {draftUrl: "https://drafts.example/get_draft?draft_id=x"}) {'
    " task { id } } }"
}
UNCONFINED = """import sys
from services.render.process import sandbox
from services.render.__main__ import main
assert callable(sandbox.confine_render) and callable(sandbox.close_network)
sandbox.confine_render = lambda request: None
sandbox.close_network = lambda: None
main()
"""
"""The renderer without a sandbox, for this bench only."""


@dataclass(frozen=True, slots=True, order=True)
class Hurt:
    """The cost of a document for the server."""

    cpu_ms: float
    name: str
    accepted: bool
    family: Family = field(compare=False)
    size: int = field(compare=False)


class Asker:
    """Sends documents to a server over one connection and measures the server's CPU time."""

    def __init__(self, running: Served, task: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        self._pid = running.pid
        self._task = task

    def ask(self, family: Family, size: int, name: str) -> Hurt:
        """The minimum of several tries, without the influence of other processes."""
        document = family(size)
        least, accepted = float("inf"), False
        for tried in range(MOST_TRIES):
            if tried >= TRIES and least <= MOST_MS:
                break
            body = self._body(document)
            before = cpu_seconds(self._pid)
            accepted = self._accepted(body)
            least = min(least, 1000 * (cpu_seconds(self._pid) - before))
        return Hurt(least, f"{name}, {size}", accepted, family, size)

    def stretch_ms(self, family: Family, size: int, stretches: Stretches) -> float:
        """The longest stretch of the event loop that it takes, the minimum of several tries."""
        found: list[float] = []
        for _ in range(TRIES):
            body = self._body(family(size))
            stretches.take_ms()
            self._accepted(body)
            found.append(stretches.take_ms())
        return min(found)

    def _body(self, document: Document) -> bytes:
        """The request, with an operation of a name that was never sent."""
        query = document.query.replace("TASK", self._task).replace("OP", f"q{uuid.uuid4().hex[:12]}", 1)
        return json.dumps({"query": query, "variables": document.variables}).encode()

    def _accepted(self, body: bytes) -> bool:
        self._connection.request("POST", "/graphql", body, {"content-type": "application/json"})
        return json.loads(self._connection.getresponse().read()).get("data") is not None


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process in nanoseconds; /proc/PID/stat counts in hundredths of a second."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        used += int((thread / "schedstat").read_text().split()[0])
    return used / 1e9


def hurts(asker: Asker, families: dict[str, Family]) -> Iterator[Hurt]:
    """Each family grows until it has been refused twice; then only its largest is tried."""
    for name, family in families.items():
        sizes, refused = iter(SIZES), 0
        while refused < 2 and (size := next(sizes, None)):
            hurt = asker.ask(family, size, name)
            refused += not hurt.accepted
            yield hurt
        if refused == 2:
            yield asker.ask(family, SIZES[-1], name)


async def filled(url: str) -> str:
    """Fill a database; returns the id of a task with all optional parts."""
    async with open_database(url) as database, database.write() as connection:
        request = TaskRequest(draft_url="https://a.example/")
        made = await writes.create(connection, OPEN_OWNER, uuid.uuid4().hex, request)
        (one,) = (await connection.execute(sa.select(tasks).where(tasks.c.id == made.task.id))).mappings()
        (event,) = (await connection.execute(sa.select(events))).mappings()
        copies = [_copy(one, number) for number in range(TASKS)]
        await connection.execute(sa.insert(tasks), copies)
        told = {name: value for name, value in event.items() if name != "position"}
        for copy in copies[-FULL:]:
            of_task = [{**told, "task_id": copy["id"], "seq": seq} for seq in range(1, EVENTS + 1)]
            await connection.execute(sa.insert(events), of_task)
    return str(copies[-1]["id"])


def _copy(one: sa.RowMapping, number: int) -> dict[str, Any]:
    warning = {"code": "EFFECT_SKIPPED", "message": {"en": "x" * 80, "zh": "特" * 30}}
    return {
        **one,
        "id": uuid.uuid4().hex,
        "draft_url": f"https://a.example/{number}",
        "created_at_ms": now_ms() + number,
        "seq": EVENTS,
        "warnings": [warning] * MAX_WARNINGS if number >= TASKS - FULL else [],
    }


def queries(folder: Path, mixtures: int) -> None:
    """The cost of the most expensive documents, accepted and refused: all CPU time, and the longest stretch of the
    event loop, for which nobody else is served.
    """
    with served(folder, "--no-worker", **UNLIMITED) as running:
        running.start()
        task = asyncio.run(filled(f"sqlite:///{folder / 'data' / 'draftcast.sqlite'}"))
        asker = Asker(running, task)
        asker.ask(FAMILIES["a page of tasks"], 1, "")  # warms up
        mixed = {f"mixture {seed}": mixture(seed) for seed in range(mixtures)}
        found = sorted(hurts(asker, {**FAMILIES, **mixed}), reverse=True)
    path = folder / "stretches"
    stretches = Stretches(path)
    with served(folder, "--no-worker", **UNLIMITED) as running:
        running.prefix = (sys.executable, "-m", "bench.stretches", str(path))
        running.start()
        asker = Asker(running, task)
        for accepted, kind in ((True, "accepted"), (False, "refused")):
            worst = [hurt for hurt in found if hurt.accepted == accepted][:SHOWN]
            taken = [asker.stretch_ms(hurt.family, hurt.size, stretches) for hurt in worst]
            row(f"worst {kind} of {len(found)} queries: event loop", f"{max(taken):.1f} ms", *_verdict(max(taken)))
            for hurt, stretch_ms in zip(worst, taken, strict=True):
                print(f"  {hurt.cpu_ms:5.1f} ms, at a time {stretch_ms:5.1f}  {hurt.name}", flush=True)


def _verdict(cpu_ms: float) -> tuple[str, bool]:
    return f"<= {MOST_MS:.0f} ms", cpu_ms <= MOST_MS


def keys(folder: Path, rounds: int) -> None:
    """The cost of authentication."""
    without, with_keys = query_costs_us(folder, rounds)
    row("videoTask without keys: processor of the server", f"{without:.1f} us")
    row("videoTask with keys", f"{with_keys:.1f} us")
    found = 100 * (with_keys / without - 1)
    row("overhead of keys, by the tenth that the machine disturbed least", f"{found:.1f} %", "<= 5 %", found <= 5)


def query_costs_us(folder: Path, rounds: int) -> tuple[float, float]:
    """The processor time of a query of a task on a server without keys and on one with them, asked in turns."""
    unreached = {**UNLIMITED, "queries_per_minute": str(10**9)}
    (folder / "locked").mkdir(parents=True)
    key = new_key(folder / "locked", "bench")
    with ExitStack() as stack:
        asks = [
            Repeated(stack.enter_context(served(folder / name, "--no-worker", **unreached)), headers)
            for name, headers in (("open", {}), ("locked", bearing(key)))
        ]
        costs: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds):  # each is the first in half of the rounds
            for which in (number % 2, 1 - number % 2):
                costs[which].append(asks[which]())
    without, with_keys = (quantiles(each, n=10)[0] for each in costs)
    return without, with_keys


class Repeated:
    """One question again and again over one connection, which does not wait for answers between those of a batch;
    each call gives a request's processor time in us.
    """

    def __init__(self, running: Served, headers: dict[str, str]) -> None:
        server = running.start()
        made = server.post("/graphql", _SUBMIT, headers).json["data"]["submitVideoTask"]["task"]["id"]
        self._pid = running.pid
        body = json.dumps({"query": TASK, "variables": {"id": made}})
        told = {"host": "a", "content-type": "application/json", "content-length": str(len(body)), **headers}
        head = "\r\n".join(["POST /graphql HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())])
        self._batch = f"{head}\r\n\r\n{body}".encode() * AT_ONCE
        self._address = "127.0.0.1", running.port

    @cached_property
    def _connection(self) -> socket.socket:
        """Opened by the first question: a silent connection would be closed while the other server starts."""
        return socket.create_connection(self._address, timeout=60)

    def __call__(self) -> float:
        """Ask a batch. Raises `ConnectionError` when the server closes the connection."""
        connection, said = self._connection, b""
        before = cpu_seconds(self._pid)
        connection.sendall(self._batch)
        while said.count(b'"data":{"videoTask":{"id"') < AT_ONCE:
            if not (more := connection.recv(1 << 16)):
                raise ConnectionError(said[-200:])
            said += more
        return 1e6 * (cpu_seconds(self._pid) - before) / AT_ONCE


def sandbox(folder: Path, pairs: int) -> None:
    """The cost of the sandbox: renders of the same draft inside and outside, in turns."""
    ffmpeg = find_ffmpeg("").path
    (folder / "draft").mkdir(parents=True)
    draft = scenes.mixed(folder / "draft", ffmpeg, VIDEO_SECONDS)
    programs: Sequence[Sequence[str]] = (("-c", UNCONFINED), RENDERER)
    costs: list[list[float]] = []
    for number in range(pairs):
        works = [folder / f"{number}-{inside}" / "work" for inside in range(2)]
        for work in works:
            work.parent.mkdir()
        costs.append(
            [
                rendered(draft.folder, work, ffmpeg, program=program).cpu_s
                for work, program in zip(works, programs, strict=True)
            ]
        )
    outside, inside = (median(each) for each in zip(*costs, strict=True))
    row(f"a render of {VIDEO_SECONDS:.0f} s outside the sandbox", f"{outside:.2f} CPU s")
    row("the same inside", f"{inside:.2f} CPU s")
    _overhead("the sandbox", [inside / outside for outside, inside in costs], 3)


def _overhead(what: str, ratios: list[float], most: float) -> None:
    found = 100 * (median(ratios) - 1)
    row(f"overhead of {what}, median of {len(ratios)} pairs", f"{found:.1f} %", f"<= {most:.0f} %", found <= most)


def main() -> None:
    """Print all figures, or those named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["queries", "keys", "sandbox"])
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    less = 4 if chosen.quick else 1
    with tempfile.TemporaryDirectory() as name:
        for part in chosen.parts:
            match part:
                case "queries":
                    queries(Path(name) / part, MIXTURES // less)
                case "keys":
                    keys(Path(name) / part, ROUNDS // less)
                case "sandbox":
                    sandbox(Path(name) / part, RENDERS // less)
                case _:
                    parser.error(f"no such part: {part}")


if __name__ == "__main__":
    main()
