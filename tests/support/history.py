"""What clients were told during a run, and whether it fits what the database says in the end."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from queue import Empty, SimpleQueue
from typing import Any

from websockets.exceptions import WebSocketException

from tests.support.server import Server
from tests.support.site import EVENTS, SUBMIT, WATCH
from tests.support.subscriber import subscriber

AWAY = (OSError, HTTPException, WebSocketException, EOFError)
"""What a client meets when the server is away; it tries again."""
FINAL = ("COMPLETED", "FAILED", "CANCELED")
PAUSE_SECONDS = 0.1


@dataclass
class History:
    """Submits that were acknowledged, and the events that watchers saw of each, in the order they came."""

    acknowledged: dict[str, str] = field(default_factory=dict[str, str])
    """Task ids by draft URL."""
    seen: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])


class Clients:
    """Threads that submit and watch, through whatever happens to the server, until they are told to stop."""

    def __init__(self, server: Server, watchers: int, pause_seconds: float) -> None:
        self.history = History()
        self._server = server
        self._pause_seconds = pause_seconds
        self._to_watch: SimpleQueue[str] = SimpleQueue()
        self._enough = threading.Event()
        self._give_up = threading.Event()
        jobs: list[Callable[[], None]] = [self._submit_on, *[self._watch_on] * watchers]
        self._threads = [threading.Thread(target=each) for each in jobs]

    def start(self) -> None:
        """Begin to submit and watch."""
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float) -> None:
        """Submit no more, and wait until all that was acknowledged has been watched to its end."""
        self._enough.set()
        for thread in self._threads:
            thread.join(seconds)
        self._give_up.set()
        for thread in self._threads:
            thread.join(60)

    def _submit_on(self) -> None:
        while not self._enough.wait(self._pause_seconds):
            url = self._server.draft_url()
            with suppress(*AWAY):
                answer = self._server.graphql(SUBMIT, url=url)
                if not answer.get("errors"):
                    task_id: str = answer["data"]["submitVideoTask"]["task"]["id"]
                    self.history.acknowledged[url] = task_id
                    self._to_watch.put(task_id)

    def _watch_on(self) -> None:
        while not self._give_up.is_set():
            try:
                task_id = self._to_watch.get(timeout=PAUSE_SECONDS)
            except Empty:
                if self._enough.is_set():
                    return
                continue
            self._watch(task_id)

    def _watch(self, task_id: str) -> None:
        """To the end, over as many connections as it takes; each goes on after the last event of the one before."""
        seen = self.history.seen.setdefault(task_id, [])
        while not self._give_up.is_set() and not (seen and seen[-1]["status"] in FINAL):
            with suppress(*AWAY), subscriber(self._server.socket_url) as socket:
                after = {"after": seen[-1]["seq"]} if seen else {}
                socket.subscribe(WATCH, id=task_id, **after)
                while (message := socket.receive())["type"] == "next" and not message["payload"].get("errors"):
                    seen.append(message["payload"]["data"]["videoTaskProgress"])
            self._give_up.wait(PAUSE_SECONDS)


@dataclass
class Verdict:
    """What the checker found; all lists of broken promises must be empty."""

    acknowledged: int
    lost: list[str]
    """Acknowledged, and not ended."""
    doubled: list[str]
    """Ended more than once, or two tasks of one submit."""
    untrue: list[str]
    """A client was told something out of order, with a gap, or other than what is stored."""
    given_up: int
    """Ended WORKER_LOST: their worker died in each of their attempts."""


def check(server: Server, history: History) -> Verdict:
    """Compare what was acknowledged and seen with what is stored."""
    ids = list(history.acknowledged.values())
    verdict = Verdict(len(ids), [], [name for name in set(ids) if ids.count(name) > 1], [], 0)
    for task_id in ids:
        stored = server.data(EVENTS, id=task_id)["videoTask"]
        if stored is None or stored["status"] not in FINAL:
            verdict.lost.append(task_id)
            continue
        events = stored["events"]["nodes"]
        if sum(event["status"] in FINAL for event in events) != 1:
            verdict.doubled.append(task_id)
        if not _true(events, history.seen.get(task_id, [])):
            verdict.untrue.append(task_id)
        verdict.given_up += stored["error"] is not None and stored["error"]["code"] == "WORKER_LOST"
    return verdict


def _true(events: list[dict[str, Any]], seen: list[dict[str, Any]]) -> bool:
    """Whether seqs rise by one in the store, and strictly at the client; who missed no change but percentages that
    newer ones replaced; and the client's last state is the stored one.
    """
    seqs = [event["seq"] for event in seen]
    told = {event["seq"]: event for event in seen}
    changes = [event for event in events if event["type"] != "PROGRESS"]
    return bool(
        seen
        and [event["seq"] for event in events] == list(range(1, len(events) + 1))
        and seqs == sorted(set(seqs))
        and all(event["seq"] in told for event in changes if event["seq"] > seqs[0])
        and all(event["status"] == told[event["seq"]]["status"] for event in events if event["seq"] in told)
        and (seqs[-1], seen[-1]["status"]) == (events[-1]["seq"], events[-1]["status"])
    )
