"""What can happen to the service, on each kind of site."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import obstore
import psutil
from obstore.store import S3Store

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.process import Process, gated_exporter, served
from tests.support.programs import S3, S3_KEYS, Postgres, Redis
from tests.support.proxy import Proxy, Trouble
from tests.support.server import Server
from tests.support.servers import DraftServer
from tests.support.site import DEAD_AFTER_SECONDS, site
from tests.support.small_disk import SmallDisk

ENDS_WITHIN_SECONDS = 10
DISK_MEGABYTES = 256
BAD_NETWORKS = {
    "connections cut": Trouble(cut_within_bytes=3000),
    "network slow": Trouble(delay_seconds=0.3),
    "network a black hole": Trouble(black_hole=True),
    "one byte at a time": Trouble(slice_bytes=1),
}
HOLD = """
import sqlite3, sys, time
other = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
other.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
other.execute("ROLLBACK")
"""

Fault = Callable[[float], None]
"""Lasts for so many seconds; what has no length happens at once."""


@dataclass
class Ground:
    """A running site, and what can happen to it."""

    server: Server
    """How it is reached without faults."""
    clients: Server
    """How clients reach it, over a network that can be bad."""
    drafts: DraftServer
    works: list[Path]
    """The folders where renders work."""
    stored: Callable[[], set[str]]
    """The keys of all files in the storage."""
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    processes: dict[str, list[Process]] = field(default_factory=dict[str, list[Process]])
    """The service's own processes, by what they are."""
    outlived: list[str] = field(default_factory=list[str])
    """Programs that went on after the process that had started them."""

    def new_url(self) -> str:
        """A draft as one of the load: most are quick, some take a while, some are really drawn."""
        return self._url_of(random.choices(("render", "paced", "fail", "draw"), (6, 6, 1, 2))[0])

    def good_url(self) -> str:
        """A draft whose render takes a moment and must succeed."""
        return self._url_of(random.choice(("paced", "draw")))

    def _url_of(self, act: str) -> str:
        return self.drawn_url() if act == "draw" else self.server.draft_url(act)

    def drawn_url(self) -> str:
        """A draft of our own renderer."""
        number = f"{random.getrandbits(64):x}"
        self.drafts.add_draft(number, DraftBuilder(320, 180).photo("red.png", 0, 2_000_000).bytes(), self._files())
        return f"{self.drafts.draft_url(number)}&act=draw"

    def _files(self) -> dict[str, bytes | Path]:
        return {"red.png": self.server.folder / "red.png"}

    def again(self, process: Process, number: signal.Signals) -> None:
        """End the process and start it again; all that it had started must be gone soon."""
        family = process.family()
        process.end(number)
        _, alive = psutil.wait_procs([each for each in family if not ended(each)], timeout=ENDS_WITHIN_SECONDS)
        self.outlived += [f"{each}" for each in alive if not ended(each)]
        process.begin()


def ended(process: psutil.Process) -> bool:
    """Whether it is gone, or would be if its parent cared to know."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def asleep(process: Process, seconds: float) -> None:
    """Stop the process for so long."""
    process.send(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        process.send(signal.SIGCONT)


def kill_one(processes: list[psutil.Process], drawing: bool) -> None:
    """Kill an ffmpeg, or else an exporter, if there is one."""
    found: list[psutil.Process] = []
    for process in processes:
        with suppress(psutil.Error):
            if process.name().startswith("ffmpeg") is drawing:
                found.append(process)
    if found:
        with suppress(psutil.Error):
            random.choice(found).kill()


def hit(running: Callable[[], list[psutil.Process]], drawing: bool, seconds: float) -> None:
    """Kill one as soon as one runs."""
    deadline = time.monotonic() + max(seconds, 5)
    while time.monotonic() < deadline:
        found = running()
        with suppress(psutil.Error):
            if any(each.name().startswith("ffmpeg") is drawing for each in found):
                return kill_one(found, drawing)
        time.sleep(0.01)
    return None


@contextmanager
def the_same_for_all(folder: Path) -> Generator[tuple[DraftServer, dict[str, str]]]:
    """A server of drafts, and settings."""
    media.plain(folder / "red.png", media.RED)
    with DraftServer() as drafts:
        yield drafts, {"dead_after_seconds": str(DEAD_AFTER_SECONDS), "allow_hosts": drafts.host}


def over(network: Proxy) -> dict[str, Fault]:
    """What can happen to a network."""

    def fault(trouble: Trouble) -> Fault:
        def happen(seconds: float) -> None:
            with network.trouble(trouble):
                time.sleep(seconds)
            if trouble.black_hole and random.random() < 0.5:
                network.cut()

        return happen

    return {name: fault(trouble) for name, trouble in BAD_NETWORKS.items()}


@contextmanager
def on_sqlite(folder: Path, disk: SmallDisk | None = None) -> Generator[Ground]:
    """One process on SQLite; its data lie on `disk` when there is one, else a full disk is left out."""
    data = folder / "data"
    prefix = disk.prefix if disk else ()

    def hold_the_database(seconds: float) -> None:
        command = [*prefix, sys.executable, "-c", HOLD, str(data / "draftcast.sqlite"), str(seconds)]
        subprocess.run(command, check=True, timeout=90)

    def full_disk(seconds: float) -> None:
        assert disk is not None
        disk.fill()
        time.sleep(seconds)
        disk.free()

    with (
        the_same_for_all(folder) as (drafts, settings),
        served(folder, render_slots="2", exporter=gated_exporter(folder), **settings) as running,
        Proxy(running.port) as network,
    ):
        running.prefix = prefix
        running.start()
        there = disk.outside(data) if disk else data
        ground = Ground(
            running.server, Server(network.port, folder), drafts, [there / "work"], lambda: keys_in(there / "files")
        )
        ground.faults = {
            "server killed": lambda _: ground.again(running, signal.SIGKILL),
            "renderer killed": lambda seconds: hit(running.family, False, seconds),
            "ffmpeg killed": lambda seconds: hit(running.family, True, seconds),
            "server asleep": lambda seconds: asleep(running, DEAD_AFTER_SECONDS + seconds),
            "second writer": hold_the_database,
            "server restarted": lambda _: ground.again(running, signal.SIGTERM),
            **({"disk full": full_disk} if disk else {}),
            **over(network),
        }
        ground.processes = {"server": [running]}
        yield ground


@contextmanager
def on_postgres(folder: Path, postgres: Postgres, redis: Redis, s3: S3, *, apis: int = 1) -> Generator[Ground]:
    """API processes and two workers on Postgres, Redis and S3."""
    os.environ.update(S3_KEYS)
    with ExitStack() as stack:
        drafts, settings = stack.enter_context(the_same_for_all(folder))
        storage = stack.enter_context(Proxy(urlsplit(s3.endpoint).port or 0))
        name = folder.name
        kept = {"files_url": f"s3://{s3.bucket}/{name}", "files_endpoint": storage.url, "files_region": "us-east-1"}
        options = {**settings, **kept}
        running = stack.enter_context(site(folder, postgres.database(), apis, broadcast_url=redis.url, **options))
        network = stack.enter_context(Proxy(*(each.port for each in running.apis)))
        works = [each.folder / "data" / "work" for each in running.workers]
        ground = Ground(running.server, Server(network.port, folder), drafts, works, lambda: keys_of_s3(s3, name))

        def worker() -> Process:
            return random.choice(running.workers)

        def renders() -> list[psutil.Process]:
            return [process for each in running.workers for process in each.family()]

        def storage_away(seconds: float) -> None:
            with storage.trouble(Trouble(refusing=True)):
                time.sleep(seconds)

        ground.faults = {
            "worker killed": lambda _: ground.again(worker(), signal.SIGKILL),
            "Postgres away": lambda seconds: away(postgres, seconds),
            "API killed": lambda _: ground.again(running.api, signal.SIGKILL),
            "Redis away": lambda seconds: away(redis, seconds),
            "worker asleep": lambda seconds: asleep(worker(), DEAD_AFTER_SECONDS + seconds),
            "storage away": storage_away,
            "worker restarted": lambda _: ground.again(worker(), signal.SIGTERM),
            "API asleep": lambda seconds: asleep(running.api, seconds),
            "renderer killed": lambda seconds: hit(renders, False, seconds),
            "ffmpeg killed": lambda seconds: hit(renders, True, seconds),
            **over(network),
        }
        ground.processes = {"API": [*running.apis], "worker": [*running.workers]}
        yield ground


def away(server: Postgres | Redis, seconds: float) -> None:
    """Stop the server for so long."""
    server.stop()
    time.sleep(seconds)
    server.start()


def keys_in(folder: Path) -> set[str]:
    """All files below a folder, by their paths in it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def keys_of_s3(s3: S3, prefix: str) -> set[str]:
    """All files of the bucket below the prefix."""
    store = S3Store(
        s3.bucket,
        prefix=prefix,
        endpoint=s3.endpoint,
        region="us-east-1",
        client_options={"allow_http": True},
        access_key_id=S3_KEYS["AWS_ACCESS_KEY_ID"],
        secret_access_key=S3_KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    batches = obstore.list(store)  # pyright: ignore[reportUnknownMemberType]  # arrow is optional
    return {entry["path"] for batch in batches for entry in batch}
