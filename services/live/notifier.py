"""The change notifier: notifies all processes that a task has changed.

The change itself is read from the database; a notification that is lost, repeated or late delays it by at most
`REREAD_SECONDS`. One supervised subscription serves a process: a broadcaster whose listener has died would go on
accepting subscribers that never receive anything.
"""

import asyncio
import logging
import random
import uuid
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

from broadcaster import Broadcast

from services.background import background
from services.live.broadcast import open_broadcast

log = logging.getLogger(__name__)

CHANNEL = "draftcast"
REREAD_SECONDS = 2.0
"""Longest time between two reads of the events, with or without a notification."""
HEARTBEAT_SECONDS = 5.0
MISSED_HEARTBEATS_ALLOWED = 2
PUBLISH_TIMEOUT_SECONDS = 5.0
MAX_BACKOFF_SECONDS = 10.0
ALL_TASKS = ""
"""Subscribes a listener to the changes of all tasks."""


class ChangeSignal:
    """The notifications of one listener: the newest seq of each changed task."""

    def __init__(self) -> None:
        self._notified = asyncio.Event()
        self._changed: dict[str, int] = {}
        self._all_changed = False

    def notify(self, task_id: str = "", seq: int = 0) -> None:
        """Wake the listener, now or at its next wait. Without a task id any task may have changed."""
        if task_id:
            self._changed[task_id] = max(seq, self._changed.get(task_id, 0))
        else:
            self._all_changed = True
        self._notified.set()

    def take(self) -> dict[str, int]:
        """The newest seq of each task notified since the last call; empty: any task may have changed."""
        changed, self._changed = self._changed, {}
        all_changed, self._all_changed = self._all_changed, False
        return {} if all_changed else changed

    async def wait(self, seconds: float = REREAD_SECONDS) -> bool:
        """Wait for a notification. False after `seconds` without one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._notified.wait()
        notified = self._notified.is_set()
        self._notified.clear()
        return notified


class ChangeNotifier:
    """The listeners of this process, fed by one supervised broadcast subscription."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._me = uuid.uuid4().hex
        self._signals: dict[str, set[ChangeSignal]] = {}
        self._pending: dict[str, int] = {}
        self._to_send = asyncio.Event()
        self._messages: list[str] = []
        self._receivers: dict[str, Callable[[str], None]] = {}
        self._last_received_at = 0.0
        self.rebuilds = 0

    @contextmanager
    def listen(self, task_id: str = ALL_TASKS) -> Generator[ChangeSignal]:
        """A signal for the changes of a task, or of all tasks, while the block lasts."""
        signal = ChangeSignal()
        self._signals.setdefault(task_id, set()).add(signal)
        try:
            yield signal
        finally:
            self._signals[task_id].discard(signal)
            if not self._signals[task_id]:
                del self._signals[task_id]

    def notify(self, task_id: str, seq: int) -> None:
        """Notify all processes of a change, without waiting. A newer seq of a task replaces an older one."""
        self._pending[task_id] = max(seq, self._pending.get(task_id, 0))
        self._to_send.set()

    @property
    def alone(self) -> bool:
        """Whether no other process can be reached."""
        return self._url.startswith("memory:")

    def on_message(self, kind: str, receive: Callable[[str], None]) -> None:
        """Have messages of a kind, of this process as well, passed to `receive`."""
        self._receivers[kind] = receive

    def say(self, kind: str, text: str) -> None:
        """Send a message to all processes, without waiting. It may be lost."""
        self._messages.append(f"{kind}:{text}")
        self._to_send.set()

    @property
    def healthy(self) -> bool:
        """Whether the own heartbeat was received recently."""
        return self._last_received_at > 0 and self._received_recently()

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Keep the subscription connected while the block lasts."""
        connected = asyncio.Event()
        async with background("change notifier", self._supervise(connected)):
            try:
                async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                    await connected.wait()
            except TimeoutError:
                log.warning("the broadcast backend does not answer; changes are found by polling until it does")
            yield

    async def _supervise(self, connected: asyncio.Event) -> None:
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._session(connected)
            except Exception as error:  # noqa: BLE001 - a backend may raise anything; the session is rebuilt
                log.warning("the broadcast session ended and is rebuilt: %r", error)
            failures = 0 if self._last_received_at > began else failures + 1
            self.rebuilds += 1
            self._notify_all()
            backoff = min(MAX_BACKOFF_SECONDS, 0.1 * 2**failures)
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

    async def _session(self, connected: asyncio.Event) -> None:
        """One connection of the broadcast backend; ends by an exception."""
        async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
            broadcast = open_broadcast(self._url)
            await broadcast.connect()
        try:
            async with broadcast.subscribe(CHANNEL) as subscriber, asyncio.TaskGroup() as group:
                self._last_received_at = asyncio.get_running_loop().time()
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
            changes, self._pending = self._pending, {}
            for task_id, seq in changes.items():
                async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                    await broadcast.publish(CHANNEL, f"{task_id}:{seq}")
            messages, self._messages = self._messages, []
            for message in messages:
                async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                    await broadcast.publish(CHANNEL, message)

    async def _heartbeat(self, broadcast: Broadcast) -> None:
        """Publish a heartbeat. Raises ConnectionError when it does not come back in time."""
        while True:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await broadcast.publish(CHANNEL, f"beat:{self._me}")
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not self._received_recently():
                raise ConnectionError("own heartbeat not received")

    def _received_recently(self) -> bool:
        silence = asyncio.get_running_loop().time() - self._last_received_at
        return silence < HEARTBEAT_SECONDS * MISSED_HEARTBEATS_ALLOWED

    def _receive(self, message: str) -> None:
        task_id, _, rest = message.partition(":")
        if task_id == "beat":
            if rest == self._me:
                self._last_received_at = asyncio.get_running_loop().time()
            return
        if task_id in self._receivers:
            self._receivers[task_id](rest)
            return
        seq = int(rest) if rest.isdecimal() else 0
        for name in (task_id, ALL_TASKS):
            for signal in self._signals.get(name, ()):
                signal.notify(task_id, seq)

    def _notify_all(self) -> None:
        for signals in self._signals.values():
            for signal in signals:
                signal.notify()
