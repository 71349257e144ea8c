"""A whole site: API processes and two workers, on Postgres and Redis, each with a data folder of its own."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.support.process import Served, Working, gated_exporter
from tests.support.server import Server
from tests.support.subscriber import Subscriber

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { message } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { errors { message } } }"
WATCH = """
subscription($id: ID!, $after: Int) {
  videoTaskProgress(id: $id, after: $after) { seq type status stage progress attempt task { seq videoUrl } }
}
"""
EVENTS = """
query($id: ID!) {
  videoTask(id: $id) {
    status attempt maxAttempts streamUrl error { code }
    events(first: 100) { nodes { seq type status attempt progress } }
  }
}
"""
DEAD_AFTER_SECONDS = 3


@dataclass(frozen=True)
class Site:
    """The processes and where they lie."""

    folder: Path
    apis: tuple[Served, ...]
    workers: tuple[Working, Working]

    @property
    def api(self) -> Served:
        """The first API process."""
        return self.apis[0]

    @property
    def server(self) -> Server:
        """The first API. Its gate is everyone's."""
        return Server(self.api.port, self.folder)

    def submit(self, act: str = "render") -> str:
        """A new task's id."""
        answer = self.server.data(SUBMIT, url=self.server.draft_url(act))["submitVideoTask"]
        assert not answer["errors"], answer
        return str(answer["task"]["id"])

    def watch(self, socket: Subscriber, task_id: str, **after: int) -> None:
        """Subscribe to a task."""
        socket.subscribe(WATCH, id=task_id, **after)

    def runner(self, task_id: str) -> Working:
        """The worker that runs the task."""
        return next(worker for worker in self.workers if any(self.attempts(worker, task_id)))

    def attempts(self, worker: Working, task_id: str) -> list[Path]:
        """Folders of the task's attempts on a worker's disk."""
        return list((worker.folder / "data" / "work" / task_id).glob("[0-9]*"))

    def stored(self, task_id: str) -> Any:
        """The task and its events, as the database has them."""
        return self.server.data(EVENTS, id=task_id)["videoTask"]

    def exporters(self) -> list[psutil.Process]:
        """Exporters that run."""
        gate = str(self.folder / "gate")
        return [process for process in psutil.process_iter(["cmdline"]) if gate in (process.info["cmdline"] or ())]


def until(socket: Subscriber, **wanted: object) -> Any:
    """The first event with these values."""
    while True:
        event = socket.next()["videoTaskProgress"]
        if all(event[name] == value for name, value in wanted.items()):
            return event


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Repeat a check until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@contextmanager
def site(folder: Path, database_url: str, apis: int = 1, /, **settings: str) -> Generator[Site]:
    """A running site; whatever still runs at the end is stopped."""
    common = {
        "database_url": database_url,
        "files_url": (folder / "files").as_uri(),
        "exporter": gated_exporter(folder),
        "dead_after_seconds": str(DEAD_AFTER_SECONDS),
        **settings,
    }
    served = tuple(Served(folder / f"api{number}", "--no-worker", **common) for number in range(apis))
    workers = Working(folder / "a", **common), Working(folder / "b", **common)
    try:
        for process in (*served, *workers):
            process.launch()
        for process in (*served, *workers):
            process.wait()
        yield Site(folder, served, workers)
    finally:
        for process in (*workers, *served):
            process.stop()
