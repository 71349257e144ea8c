"""The doorbell: who waits for news of a task, and the ring that crosses processes.

The database is the truth; a ring only says "look again". A lost, doubled or late ring
costs at most `REREAD_SECONDS`. Only this module and `doorbell` import broadcaster, and the hub
keeps one subscription per process behind a supervisor, because a broadcaster whose
listener has died goes on accepting subscribers who then wait for ever.
"""

import asyncio
import logging
import random
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

from broadcaster import Broadcast

from services.live.broadcast import open_broadcast

log = logging.getLogger(__name__)

CHANNEL = "draftcast"
REREAD_SECONDS = 2.0
"""The longest a listener waits before it looks again, whatever the doorbell does."""
HEARTBEAT_SECONDS = 5.0
MISSED_HEARTBEATS_ALLOWED = 2
PUBLISH_TIMEOUT_SECONDS = 5.0
MAX_BACKOFF_SECONDS = 10.0
ALL_TASKS = ""
"""The name under which a listener hears the rings of all tasks."""


class ChangeSignal:
    """What one listener waits on. However many rings come, it holds the newest of each task."""

    def __init__(self) -> None:
        self._notified = asyncio.Event()
        self._changed: dict[str, int] = {}
        self._all_changed = False

    def notify(self, task_id: str = "", seq: int = 0) -> None:
        """Wake the listener, now or at its next wait, with or without a word of what has changed."""
        if task_id:
            self._changed[task_id] = max(seq, self._changed.get(task_id, 0))
        else:
            self._all_changed = True
        self._notified.set()

    def take(self) -> dict[str, int]:
        """The newest seqs that were rung since the last call, by task; empty: look everywhere."""
        changed, self._changed = self._changed, {}
        all_changed, self._all_changed = self._all_changed, False
        return {} if all_changed else changed

    async def wait(self, seconds: float = REREAD_SECONDS) -> bool:
        """Whether it rang before the time was up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._notified.wait()
        notified = self._notified.is_set()
        self._notified.clear()
        return notified


class ChangeNotifier:
    """The listeners of this process, fed by one supervised subscription."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._me = uuid.uuid4().hex
        self._signals: dict[str, set[ChangeSignal]] = {}
        self._outbox: dict[str, int] = {}
        self._to_send = asyncio.Event()
        self._last_heard = 0.0
        self.rebuilds = 0

    @contextmanager
    def listen(self, task_id: str = ALL_TASKS) -> Generator[ChangeSignal]:
        """A bell that rings at each change of the task (or of any), while the block lasts."""
        signal = ChangeSignal()
        self._signals.setdefault(task_id, set()).add(signal)
        try:
            yield signal
        finally:
            self._signals[task_id].discard(signal)
            if not self._signals[task_id]:
                del self._signals[task_id]

    def notify(self, task_id: str, seq: int) -> None:
        """Tell every process that the task has changed; never waits. The newest ring of a task replaces older ones."""
        self._outbox[task_id] = max(seq, self._outbox.get(task_id, 0))
        self._to_send.set()

    @property
    def healthy(self) -> bool:
        """Whether our own heartbeat came back lately."""
        return self._last_heard > 0 and self._heard_recently()

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Keep the doorbell working while the block lasts."""
        connected = asyncio.Event()
        supervisor = asyncio.create_task(self._supervise(connected), name="doorbell")
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await connected.wait()
        except TimeoutError:
            log.warning("the broadcaster does not answer yet; changes arrive by re-reading until it does")
        try:
            yield
        finally:
            supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await supervisor

    async def _supervise(self, connected: asyncio.Event) -> None:
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._session(connected)
            except Exception as error:  # noqa: BLE001 - whatever a backend raises, the doorbell is built anew
                log.warning("the doorbell broke and is built anew: %r", error)
            failures = 0 if self._last_heard > began else failures + 1
            self.rebuilds += 1
            self._wake_all()
            backoff = min(MAX_BACKOFF_SECONDS, 0.1 * 2**failures)
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

    async def _session(self, connected: asyncio.Event) -> None:
        """One life of a Broadcast object; ends by an exception."""
        async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
            broadcast = open_broadcast(self._url)
            await broadcast.connect()
        try:
            async with broadcast.subscribe(CHANNEL) as subscriber, asyncio.TaskGroup() as group:
                self._last_heard = asyncio.get_running_loop().time()
                group.create_task(self._send(broadcast))
                group.create_task(self._heartbeat(broadcast))
                connected.set()
                while True:
                    self._receive((await subscriber.get()).message)
        finally:
            # A task of its own: a listener that was cancelled raises its cancellation out of disconnect().
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await asyncio.gather(broadcast.disconnect(), return_exceptions=True)

    async def _send(self, broadcast: Broadcast) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            changes, self._outbox = self._outbox, {}
            for task_id, seq in changes.items():
                async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                    await broadcast.publish(CHANNEL, f"{task_id}:{seq}")

    async def _heartbeat(self, broadcast: Broadcast) -> None:
        """Ring at our own door; not hearing it twice means that the line is dead."""
        while True:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await broadcast.publish(CHANNEL, f"beat:{self._me}")
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not self._heard_recently():
                raise ConnectionError("own heartbeat not heard")

    def _heard_recently(self) -> bool:
        silence = asyncio.get_running_loop().time() - self._last_heard
        return silence < HEARTBEAT_SECONDS * MISSED_HEARTBEATS_ALLOWED

    def _receive(self, message: str) -> None:
        task_id, _, rest = message.partition(":")
        if task_id == "beat":
            if rest == self._me:
                self._last_heard = asyncio.get_running_loop().time()
            return
        seq = int(rest) if rest.isdecimal() else 0
        for name in (task_id, ALL_TASKS):
            for signal in self._signals.get(name, ()):
                signal.notify(task_id, seq)

    def _wake_all(self) -> None:
        for signals in self._signals.values():
            for signal in signals:
                signal.notify()
