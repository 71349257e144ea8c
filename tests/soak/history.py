"""What clients were told during a run, and whether it fits what the database says in the end."""

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count, pairwise
from queue import Empty, Full, Queue
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException

from tests.support.server import Server
from tests.support.site import EVENTS, WATCH
from tests.support.subscriber import subscriber

AWAY = (OSError, HTTPException, WebSocketException, EOFError, ValueError)
"""What a client meets when the server or the network is away, or an answer is cut; it tries again."""
FINAL = ("COMPLETED", "FAILED", "CANCELED")
PAUSE_SECONDS = 0.1
SUBMIT = """
mutation($url: URL!, $key: String!, $priority: Int) {
  submitVideoTask(input: {draftUrl: $url, idempotencyKey: $key, priority: $priority}) {
    task { id } errors { message }
  }
}
"""
OF_URL = "query($url: URL!) { videoTasks(filter: {draftUrl: $url}) { totalCount } }"
Told = dict[str, Any]


@dataclass
class History:
    """Submits that were acknowledged, and what each watcher of their tasks saw, in the order it came."""

    acknowledged: dict[str, str] = field(default_factory=dict[str, str])
    """Task ids by draft URL."""
    seen: list[tuple[str, list[Told]]] = field(default_factory=list[tuple[str, list[Told]]])
    """A task's id, and the events that one watcher saw of it."""


def submit(server: Server, history: History, url: str, key: str, priority: int = 0) -> str | None:
    """Submit once; None when no answer came, which is to be asked again with the same key."""
    with suppress(*AWAY):
        answer = server.graphql(SUBMIT, url=url, key=key, priority=priority)
        if not answer.get("errors"):
            task_id: str = answer["data"]["submitVideoTask"]["task"]["id"]
            history.acknowledged[url] = task_id
            return task_id
    return None


class Clients:
    """Threads that submit and watch, through whatever happens to the server, until they are told to stop.

    A submit that was not answered is sent again with the same key. Each task has `views` watchers. After `most`
    submits there are no more; then they are `done` once all has been watched to its end.
    """

    def __init__(
        self,
        server: Server,
        new_url: Callable[[], str],
        watchers: int,
        *,
        pause_seconds: float,
        views: int = 1,
        most: int | None = None,
    ) -> None:
        self.history = History()
        self._server = server
        self._new_url = new_url
        self._pause_seconds = pause_seconds
        self._views = views
        self._most = most
        self._to_watch: Queue[str] = Queue(max(watchers, 1))
        self._enough = threading.Event()
        self._give_up = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._submit_on, *[self._watch_on] * watchers)]

    def start(self) -> None:
        """Begin to submit and watch."""
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Whether there is nothing more to watch."""
        return not any(thread.is_alive() for thread in self._threads)

    def finish(self, seconds: float) -> None:
        """Submit no more, and wait until all that was acknowledged has been watched to its end."""
        self._enough.set()
        for thread in self._threads:
            thread.join(seconds)
        self._give_up.set()
        for thread in self._threads:
            thread.join(60)

    def _submit_on(self) -> None:
        for _ in count() if self._most is None else range(self._most):
            if self._enough.wait(self._pause_seconds):
                return
            url, key, task_id = self._new_url(), uuid.uuid4().hex, None
            while task_id is None and not self._give_up.is_set():
                task_id = submit(self._server, self.history, url, key)
                if task_id is None:
                    self._give_up.wait(PAUSE_SECONDS)
            for _ in range(self._views if task_id else 0):
                self._hand_on(str(task_id))

    def _hand_on(self, task_id: str) -> None:
        """To a watcher, as soon as one is free: the load is bounded by those who watch."""
        while not self._give_up.is_set():
            with suppress(Full):
                self._to_watch.put(task_id, timeout=PAUSE_SECONDS)
                return

    def _watch_on(self) -> None:
        while not self._give_up.is_set():
            try:
                task_id = self._to_watch.get(timeout=PAUSE_SECONDS)
            except Empty:
                if not self._threads[0].is_alive():
                    return
                continue
            self._watch(task_id)

    def _watch(self, task_id: str) -> None:
        """To the end, over as many connections as it takes; each goes on after the last event of the one before."""
        seen: list[Told] = []
        self.history.seen.append((task_id, seen))
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

    acknowledged: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    """How many ended how: a status, or the code of an error."""
    lost: list[str] = field(default_factory=list[str])
    """Acknowledged, and not ended."""
    doubled: list[str] = field(default_factory=list[str])
    """Ended more than once, or two tasks of one submit."""
    untrue: list[str] = field(default_factory=list[str])
    """A client was told something out of order, with a gap, or other than what is stored; or progress fell."""
    files: set[str] = field(default_factory=set[str])
    """Keys of the files that must be stored, and no others."""

    @property
    def broken(self) -> list[str]:
        """All broken promises."""
        named = {"lost": self.lost, "doubled": self.doubled, "told wrongly": self.untrue}
        return [f"{what}: {task}" for what, tasks in named.items() for task in tasks]


def check(server: Server, history: History) -> Verdict:
    """Compare what was acknowledged and seen with what is stored."""
    verdict = Verdict(len(history.acknowledged))
    ids = Counter(history.acknowledged.values())
    verdict.doubled += [task_id for task_id, count in ids.items() if count > 1]
    for url, task_id in history.acknowledged.items():
        stored = server.data(EVENTS, id=task_id)["videoTask"]
        if stored is None or stored["status"] not in FINAL:
            verdict.lost.append(f"{task_id} {stored and stored['status']}")
            continue
        _check_task(verdict, task_id, stored)
        if stored["status"] == "COMPLETED":
            base = f"videos/{task_id}/{stored['attempt']}"
            verdict.files |= {f"{base}/video.mp4", f"{base}/thumbnail.jpg", *_fragments(server, stored["streamUrl"])}
        if server.data(OF_URL, url=url)["videoTasks"]["totalCount"] != 1:
            verdict.doubled.append(task_id)
        for watcher, seen in history.seen:
            wrong = _wrongly_told(stored["events"]["nodes"], seen) if watcher == task_id else ""
            if wrong:
                verdict.untrue.append(f"{task_id} {wrong}")
    return verdict


def _check_task(verdict: Verdict, task_id: str, stored: Told) -> None:
    events = stored["events"]["nodes"]
    verdict.ends[stored["error"]["code"] if stored["error"] else stored["status"]] += 1
    if sum(event["status"] in FINAL for event in events) != 1 or events[-1]["status"] not in FINAL:
        verdict.doubled.append(task_id)
    if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
        verdict.untrue.append(f"{task_id} has a gap in its stored events")
    if any((event["status"] == "COMPLETED") != (event["progress"] == 100) for event in events):
        verdict.untrue.append(f"{task_id} is at 100 % and not completed, or the other way round")
    if falls(events):
        verdict.untrue.append(f"{task_id} fell back in its progress")


def _fragments(server: Server, playlist: str | None) -> set[str]:
    """The keys of the files that a playlist names."""
    if playlist is None:
        return set()
    address = urlsplit(playlist)
    folder = address.path.removeprefix("/files/").rpartition("/")[0]
    lines = server.get(f"{address.path}?{address.query}").body.decode()
    names = re.findall(r'^(?:#EXT-X-MAP:URI=")?([a-z0-9-]+\.(?:mp4|m4s))', lines, re.MULTILINE)
    return {f"{folder}/{name}" for name in names}


def falls(events: list[Told]) -> bool:
    """Whether progress fell within an attempt."""
    return any(one["attempt"] == two["attempt"] and one["progress"] > two["progress"] for one, two in pairwise(events))


def _wrongly_told(events: list[Told], seen: list[Told]) -> str:
    """What was wrong at this client, if anything was: seqs rise strictly; no change was missed but percentages that
    newer ones replaced; what it was told is what is stored; and its last state is the last one.
    """
    if not seen:
        return "was never told"
    seqs = [event["seq"] for event in seen]
    told = {event["seq"]: event for event in seen}
    missed = [event for event in events if event["seq"] > seqs[0] and event["seq"] not in told]
    same = ("status", "progress", "attempt")
    if seqs != sorted(set(seqs)):
        return f"was told out of order: {seqs}"
    if any(event["type"] != "PROGRESS" for event in missed):
        return f"was told with a gap: {seqs}"
    if any(event[name] != told[event["seq"]][name] for event in events if event["seq"] in told for name in same):
        return "was told other than it is stored"
    if falls(seen):
        return "was told falling progress"
    return "" if seqs[-1] == events[-1]["seq"] else "was not told its end"
