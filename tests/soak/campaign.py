"""Faults, one after the other, under a load of submits and watchers, and a rolling restart:
`python -m tests.soak.campaign [ROUNDS]`.

`make test-faults` runs it and prints the report; tests run a few rounds of it. DRAFTCAST_FAULT_MINUTES bounds how long
each site is tried.
"""

import os
import random
import signal
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest

from tests.soak.faults import DISK_MEGABYTES, Ground, on_postgres, on_sqlite
from tests.soak.history import AWAY, FINAL, Clients, History, Verdict, check, submit
from tests.support.programs import postgres_server, redis_server, s3_server
from tests.support.site import EVENTS
from tests.support.small_disk import small_disk

WATCHERS = 8
PAUSE_SECONDS = 0.3
"""Between two submits of the load."""
RECOVERY_SECONDS = 90
"""A task that is submitted after a fault must be done by then."""
SETTLING_SECONDS = 15.0
RENDERS = 100
"""During a rolling restart, in the long form."""
RESTART_SECONDS = 5.0
"""From one restart to the next."""
LONGEST = {"server asleep": 27.0, "worker asleep": 27.0, "API asleep": 30.0, "second writer": 10.0}
"""How long a fault lasts the first time, in the long form; else three seconds at most."""


@dataclass
class Report:
    """What a campaign did and found."""

    site: str
    faults: Counter[str] = field(default_factory=Counter[str])
    recovered: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """Seconds until a task that was submitted after the fault was done, and the fault."""
    leftovers: list[str] = field(default_factory=list[str])
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def broken(self) -> list[str]:
        """All broken promises."""
        return [*self.verdict.broken, *(f"left behind: {each}" for each in self.leftovers)]

    def __str__(self) -> str:
        found = self.verdict
        median = statistics.median(seconds for seconds, _ in self.recovered)
        worst, kind = max(self.recovered)
        return "\n".join(
            [
                f"{self.site}: {self.faults.total()} rounds ({_counted(self.faults)})",
                f"  acknowledged {found.acknowledged}: {_counted(found.ends)}",
                (
                    f"  lost {len(found.lost)}, doubled {len(found.doubled)}, told wrongly {len(found.untrue)}, "
                    f"left behind {len(self.leftovers)}"
                ),
                f"  seconds until a new task was done: median {median:.1f}, at worst {worst:.1f} ({kind})",
                *(f"  {each}" for each in self.broken),
            ]
        )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def campaign(site: str, rounds: int, ground: Ground, *, thorough: bool = False, minutes: float = 60) -> Report:
    """So many faults, each kind in its turn and then at random, while clients submit and watch."""
    report = Report(site)
    until = time.monotonic() + minutes * 60
    clients = Clients(ground.clients, ground.new_url, WATCHERS, pause_seconds=PAUSE_SECONDS)
    clients.start()
    try:
        for number in range(rounds):
            if time.monotonic() > until:
                break
            kinds = list(ground.faults)
            kind = kinds[number] if number < len(kinds) else random.choice(kinds)
            time.sleep(random.uniform(0, 1))  # the instant is what is tried out
            ground.faults[kind](LONGEST.get(kind, 3.0) if thorough and number < len(kinds) else random.uniform(0.5, 3))
            report.faults[kind] += 1
            report.recovered.append((_recovery(ground, clients.history), kind))
            if thorough:
                sys.stderr.write(f"{site} {number + 1}: {kind}, {report.recovered[-1][0]:.1f} s\n")
    finally:
        clients.finish(RECOVERY_SECONDS)
    report.verdict = check(ground.server, clients.history)
    report.leftovers = _leftovers(ground, report.verdict)
    return report


def rolling_restart(
    site: str, ground: Ground, *, renders: int, subscribers: int, pause_seconds: float = 0, minutes: float = 10
) -> Report:
    """One process after the other is asked to stop and started again, each at least once, until so many renders have
    been watched to their ends by so many clients. All must succeed: an orderly stop costs nobody a task.
    """
    report = Report(site)
    until = time.monotonic() + minutes * 60
    views = subscribers // renders
    clients = Clients(ground.clients, ground.good_url, subscribers, pause_seconds=0, views=views, most=renders)
    everyone = [(name, process) for name, group in ground.processes.items() for process in group]
    clients.start()
    try:
        for number, (name, process) in enumerate(cycle(everyone)):
            if number >= len(everyone) and (clients.done or time.monotonic() > until):
                break
            began = time.monotonic()
            ground.again(process, signal.SIGTERM)
            report.faults[f"{name} restarted"] += 1
            report.recovered.append((_recovery(ground, clients.history), f"{name} restarted"))
            time.sleep(max(0.0, began + pause_seconds - time.monotonic()))
    finally:
        clients.finish(RECOVERY_SECONDS)
    report.verdict = check(ground.server, clients.history)
    report.verdict.lost += [f"{count} {end}" for end, count in report.verdict.ends.items() if end != "COMPLETED"]
    report.leftovers = _leftovers(ground, report.verdict)
    return report


def _recovery(ground: Ground, history: History) -> float:
    """Seconds until a task that is submitted from now on is done."""
    began = time.monotonic()
    url, key, task_id = ground.server.draft_url(), uuid.uuid4().hex, None
    while time.monotonic() - began < RECOVERY_SECONDS:
        task_id = task_id or submit(ground.server, history, url, key, priority=1000)
        try:
            if task_id and ground.server.data(EVENTS, id=task_id)["videoTask"]["status"] in FINAL:
                return time.monotonic() - began
        except (*AWAY, AssertionError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"no new task was done within {RECOVERY_SECONDS} seconds")


def _leftovers(ground: Ground, verdict: Verdict) -> list[str]:
    """What is still there that should not be, after a moment for what is being removed; and files that are missing."""
    left: list[str] = []
    deadline = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < deadline:
        folders = [str(path) for work in ground.works if work.exists() for path in work.glob("*/[0-9]*")]
        stored = ground.stored()
        left = [*folders, *(stored - verdict.files), *(f"nothing: {key}" for key in verdict.files - stored)]
        if not left:
            break
        time.sleep(0.2)
    return [*left, *ground.outlived]


def sqlite_campaign(rounds: int, minutes: float) -> Report:
    """The long form on one process and SQLite, on a disk that can be filled where that is possible."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            disk = stack.enter_context(small_disk(folder / "data", DISK_MEGABYTES))
        except pytest.skip.Exception as reason:
            sys.stderr.write(f"a full disk is left out: {reason}\n")
            disk = None
        ground = stack.enter_context(on_sqlite(folder, disk))
        return campaign("SQLite", rounds, ground, thorough=True, minutes=minutes)


def postgres_campaign(rounds: int, minutes: float) -> Report:
    """The long form on an API process and two workers, on Postgres, Redis and S3."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(postgres_server())
        redis = stack.enter_context(redis_server())
        ground = stack.enter_context(on_postgres(folder, postgres, redis, stack.enter_context(s3_server())))
        return campaign("Postgres, Redis and S3", rounds, ground, thorough=True, minutes=minutes)


def rolling_campaign(rounds: int, minutes: float) -> Report:
    """A hundred renders, or as many as rounds if those are fewer, with two subscribers each; two processes of each kind
    are restarted.
    """
    renders = min(rounds, RENDERS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(postgres_server())
        redis = stack.enter_context(redis_server())
        s3 = stack.enter_context(s3_server())
        ground = stack.enter_context(on_postgres(folder, postgres, redis, s3, apis=2))
        return rolling_restart(
            f"Rolling restart during {renders} renders with {2 * renders} subscribers",
            ground,
            renders=renders,
            subscribers=2 * renders,
            pause_seconds=RESTART_SECONDS,
            minutes=minutes,
        )


def main() -> int:
    """All campaigns, and their reports."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    minutes = float(os.environ.get("DRAFTCAST_FAULT_MINUTES", "60"))
    broken: list[str] = []
    for one in (sqlite_campaign, postgres_campaign, rolling_campaign):
        report = one(rounds, minutes)
        broken += report.broken
        sys.stdout.write(f"{report}\n")
        sys.stdout.flush()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
