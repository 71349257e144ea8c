"""Faults, one after the other, under a load of submits and watchers: `python -m tests.support.campaign [ROUNDS]`.

`make test-faults` runs it and prints the report; tests run a few rounds of it.
"""

import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.history import AWAY, FINAL, Clients, Verdict, check
from tests.support.process import Process, gated_exporter, served
from tests.support.programs import Postgres, Redis, postgres_server, redis_server
from tests.support.server import Server
from tests.support.site import DEAD_AFTER_SECONDS, EVENTS, SUBMIT, site

WATCHERS = 8
PAUSE_SECONDS = 0.3
"""Between two submits of the load."""
RECOVERY_SECONDS = 60
"""A task that is submitted after a fault must be done by then."""
HELD_SECONDS = 2.0

Fault = Callable[[], None]


@dataclass
class Report:
    """What a campaign did and found."""

    database: str
    faults: Counter[str] = field(default_factory=Counter[str])
    recovered: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """Seconds until a task that was submitted after the fault was done, and the fault."""
    leftovers: list[str] = field(default_factory=list[str])
    verdict: Verdict | None = None

    @property
    def median_seconds(self) -> float:
        """The usual time of recovery."""
        return statistics.median(seconds for seconds, _ in self.recovered)

    def __str__(self) -> str:
        assert self.verdict is not None
        found = self.verdict
        what = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return "\n".join(
            [
                f"{self.database}: {self.faults.total()} rounds ({what})",
                f"  acknowledged {found.acknowledged}, lost {len(found.lost)}, doubled {len(found.doubled)}",
                f"  told wrongly {len(found.untrue)}, given up after three lost workers {found.given_up}",
                f"  left behind {len(self.leftovers)}",
                f"  seconds until a new task was done: median {self.median_seconds:.1f}",
                "  at worst {:.1f} ({})".format(*max(self.recovered)),
            ]
        )


def campaign(name: str, rounds: int, faults: dict[str, Fault], server: Server, works: list[Path]) -> Report:
    """So many faults, each kind in its turn and then at random, while clients submit and watch."""
    report = Report(name)
    chance = random.Random(rounds)
    clients = Clients(server, WATCHERS, PAUSE_SECONDS)
    clients.start()
    try:
        for number in range(rounds):
            kind = list(faults)[number] if number < len(faults) else chance.choice(list(faults))
            time.sleep(chance.uniform(0, 1))  # the instant is what is tried out
            faults[kind]()
            report.faults[kind] += 1
            report.recovered.append((_recovery(server), kind))
    finally:
        clients.finish(RECOVERY_SECONDS)
    report.verdict = check(server, clients.history)
    report.leftovers = _leftovers(works)
    return report


def _recovery(server: Server) -> float:
    """Seconds until a task that is submitted from now on is done."""
    began = time.monotonic()
    url, task_id = server.draft_url(), None
    while time.monotonic() - began < RECOVERY_SECONDS:
        try:
            if task_id is None:
                task_id = server.data(SUBMIT, url=url)["submitVideoTask"]["task"]["id"]
            if server.data(EVENTS, id=task_id)["videoTask"]["status"] in FINAL:
                return time.monotonic() - began
        except (*AWAY, AssertionError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"no new task was done within {RECOVERY_SECONDS} seconds")


def _leftovers(works: list[Path]) -> list[str]:
    """Folders of attempts that are left, after a moment for those that are being removed."""
    left: list[str] = []
    for _ in range(100):
        left = [str(path) for work in works if work.exists() for path in work.iterdir()]
        if not left:
            break
        time.sleep(0.1)
    return left


@contextmanager
def on_sqlite(folder: Path) -> Generator[tuple[dict[str, Fault], Server, list[Path]]]:
    """One process on SQLite, and what can happen to it."""
    database = folder / "data" / "draftcast.sqlite"

    def hold_the_database() -> None:
        with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(HELD_SECONDS)
            other.execute("ROLLBACK")

    with served(folder, exporter=gated_exporter(folder), render_slots="2") as running:
        running.start()
        faults = {
            "kill": lambda: _again(running, signal.SIGKILL),
            "second writer": hold_the_database,
            "restart": lambda: _again(running, signal.SIGTERM),
        }
        yield faults, running.server, [folder / "data" / "work"]


@contextmanager
def on_postgres(
    folder: Path, postgres: Postgres, redis: Redis
) -> Generator[tuple[dict[str, Fault], Server, list[Path]]]:
    """An API process and two workers on Postgres and Redis, and what can happen to them."""
    with site(folder, postgres.database(), broadcast_url=redis.url) as running:
        turns = iter(range(1_000_000))

        def worker() -> Process:
            return running.workers[next(turns) % 2]

        def sleep_long() -> None:
            asleep = worker()
            asleep.send(signal.SIGSTOP)
            time.sleep(DEAD_AFTER_SECONDS + 2)
            asleep.send(signal.SIGCONT)

        faults: dict[str, Fault] = {
            "kill a worker": lambda: _again(worker(), signal.SIGKILL),
            "Postgres away": lambda: _away(postgres),
            "kill the API": lambda: _again(running.api, signal.SIGKILL),
            "Redis away": lambda: _away(redis),
            "worker asleep": sleep_long,
            "restart a worker": lambda: _again(worker(), signal.SIGTERM),
        }
        yield faults, running.server, [each.folder / "data" / "work" for each in running.workers]


def _again(process: Process, number: signal.Signals) -> None:
    process.end(number)
    process.begin()


def _away(server: Postgres | Redis) -> None:
    server.stop()
    time.sleep(1)
    server.start()


def main() -> None:
    """Both campaigns, and their reports."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    reports: list[Report] = []
    with tempfile.TemporaryDirectory() as folder, on_sqlite(Path(folder)) as (faults, server, works):
        reports.append(campaign("SQLite", rounds, faults, server, works))
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as postgres,
        redis_server() as redis,
        on_postgres(Path(folder), postgres, redis) as (faults, server, works),
    ):
        reports.append(campaign("Postgres and Redis", rounds, faults, server, works))
    sys.stdout.write("\n".join(map(str, reports)) + "\n")


if __name__ == "__main__":
    main()
