"""Delivery of webhooks: from the outbox, signed as Standard Webhooks, until the receiver accepts them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from services.access.signing import Hmac
from services.background import background, every
from services.clock import now_ms, rfc3339
from services.errors import StoreUnavailable
from services.files.store import FileStore
from services.http.client import Client, FetchError, Timeouts, UrlRefused
from services.http.guard import Guard
from services.store import outbox
from services.store.database import Changes, Database
from services.store.outbox import Due
from services.store.records import Delivery, DeliveryState, TaskChange
from services.telemetry.log_context import bind_task
from services.telemetry.traces import NO_TRACES, Traces
from services.worker.registry import WorkerRegistry

log = logging.getLogger(__name__)

PREFIX = "whsec_"
POLL_SECONDS = 1.0
"""Interval at which the outbox is read."""
AT_ONCE = 20
AT_ONCE_OF_OWNER = 5
"""Receivers of one owner, slow or unreachable, leave room for those of others."""
TIMEOUTS = Timeouts(connect_seconds=5.0, head_seconds=15.0, idle_seconds=5.0)
TAKE_MS = 30_000
"""Time after which a delivery without a result is due again: its sender is assumed dead."""
PAUSES_SECONDS = (5, 30, 120, 600, 1800, 3600)
"""Pauses before the second attempt, the third and so on; the last one repeats."""
MAX_AGE_MS = 24 * 3600 * 1000
MAX_ATTEMPTS = 50
"""More than fit into `MAX_AGE_MS`: for a message whose sender dies in each attempt."""
GONE = 410
NAMES = {
    "STATUS_CHANGED": "videoTask.statusChanged",
    "STAGE_CHANGED": "videoTask.stageChanged",
    "PROGRESS": "videoTask.progress",
}


def webhook_secret(given: str, mac: Hmac) -> str:
    """The operator's secret, or one derived from the signing key."""
    return given or PREFIX + base64.b64encode(bytes.fromhex(mac.sign("webhooks"))).decode()


def signed_headers(secret: str, message_id: str, at_seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a message, with its signature."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    proof = hmac.new(key, b"%s.%d.%s" % (message_id.encode(), at_seconds, body), hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": f"v1,{base64.b64encode(proof).decode()}",
    }


def after_attempt(delivery: Delivery, now: int, answer: int | None, error: str | None) -> Delivery:
    """The delivery after an attempt with this HTTP status, or this error."""
    tried = replace(delivery, answer=answer, error=error)
    if answer is not None and 200 <= answer < 300:
        return replace(tried, state=DeliveryState.DELIVERED, ended_at_ms=now)
    pause = PAUSES_SECONDS[min(delivery.attempts, len(PAUSES_SECONDS)) - 1]
    due = now + round(pause * 1000 * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, guards nothing
    if answer == GONE or due - delivery.created_at_ms > MAX_AGE_MS or delivery.attempts > MAX_ATTEMPTS:
        return replace(tried, state=DeliveryState.FAILED, ended_at_ms=now)
    return replace(tried, due_at_ms=due)


@dataclass(frozen=True, slots=True)
class _MessageBuilder:
    """Builds message bodies; the URLs in them depend on the file storage."""

    files: FileStore

    def body(self, change: TaskChange) -> bytes:
        """The message of an event, with its task, which is never older."""
        event, task = change.event, change.task
        failure, video = task.failure, task.video
        message: dict[str, Any] = {
            "type": NAMES[event.type],
            "timestamp": rfc3339(event.at_ms),
            "data": {
                "event": {
                    "seq": event.seq,
                    "type": event.type,
                    "status": event.status,
                    "stage": event.stage,
                    "progress": event.progress,
                    "attempt": event.attempt,
                },
                "task": {
                    "id": task.id,
                    "draftUrl": task.draft_url,
                    "status": task.status,
                    "stage": task.stage,
                    "progress": task.progress,
                    "seq": task.seq,
                    "videoUrl": self.files.url(video.key) if video else None,
                    "error": {"code": failure.code, "message": failure.message.en} if failure else None,
                    "metadata": task.metadata,
                },
            },
        }
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


class WebhookSender:
    """Sends due deliveries while this process is the leader. Two leaders send a delivery once."""

    def __init__(
        self,
        database: Database,
        registry: WorkerRegistry,
        files: FileStore,
        guard: Guard,
        secret: str,
        on_try: Callable[[DeliveryState], None],
        client: Callable[[Guard, Timeouts], Client] = Client,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._database = database
        self._changes = Changes(database)
        self._next_due_ms: int | None = None
        self._registry = registry
        self._messages = _MessageBuilder(files)
        self._guard = guard
        self._secret = secret
        self._on_try = on_try
        self._client = client
        self._traces = traces

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Send in the background while the block lasts."""
        async with self._client(self._guard, TIMEOUTS) as client:
            step = every(POLL_SECONDS, "webhooks", lambda: self.send_due(client), at_once=True)
            async with background("webhooks", step):
                yield

    async def send_due(self, client: Client) -> int:
        """Send due deliveries, including those that become due meanwhile. Returns the number of attempts."""
        sending: dict[asyncio.Task[None], str] = {}
        tried = 0
        try:
            while True:
                for due in await self._take(Counter(sending.values()), AT_ONCE - len(sending)):
                    with bind_task(due.delivery.task_id):
                        begun = asyncio.create_task(self._send(client, due), name="webhook")
                    sending[begun] = due.change.task.owner
                    tried += 1
                if not sending:
                    return tried
                ended, _ = await asyncio.wait(sending, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for each in ended:
                    del sending[each]
        finally:
            for each in sending:
                each.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _take(self, running: Counter[str], places: int) -> list[Due]:
        """At most `places` deliveries to send now; `running` counts those under way by owner."""
        if not places or not self._registry.is_leader:
            return []
        with self._changes.look() as changed:
            if changed:
                async with self._database.read() as connection:
                    self._next_due_ms = await outbox.next_due_ms(connection)
        if self._next_due_ms is None or self._next_due_ms > now_ms():
            return []
        room = outbox.Limits(places, AT_ONCE_OF_OWNER, running)
        async with self._database.write() as connection:
            return await outbox.take_due(connection, now_ms(), now_ms() + TAKE_MS, room)

    async def _send(self, client: Client, due: Due) -> None:
        """Attempt a delivery and store the result; never raises, so that others are not held up."""
        task, began_ms = due.change.task, now_ms()
        answer, error = await self._answer(client, due)
        settled = after_attempt(due.delivery, now_ms(), answer, error)
        try:
            async with self._database.write() as connection:
                await outbox.settle(connection, settled)
        except StoreUnavailable as away:
            log.warning(
                "the result of a webhook could not be stored; it is sent again: %s", str(away).partition("\n")[0]
            )
            return
        except Exception:
            log.exception("the result of a webhook could not be stored; it is sent again")
            return
        self._on_try(settled.state)
        self._traces.record_webhook(task, settled, began_ms)

    async def _answer(self, client: Client, due: Due) -> tuple[int | None, str | None]:
        """The HTTP status of an attempt, or the reason without one."""
        delivery, url = due.delivery, due.change.task.webhook_url or ""
        if delivery.attempts > MAX_ATTEMPTS:
            return None, f"it was tried {MAX_ATTEMPTS} times"
        try:
            body = self._messages.body(due.change)
            headers = signed_headers(self._secret, f"{delivery.task_id}.{delivery.seq}", now_ms() // 1000, body)
            return await client.post(url, body, headers), None
        except UrlRefused as refused:
            log.warning("the webhook address is refused: %s", refused.reason.en)
            return None, refused.reason.en
        except FetchError as failed:
            return None, failed.reason.en
        except Exception:
            log.exception("a webhook could not be sent")
            return None, "it could not be sent"
