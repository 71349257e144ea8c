"""Requests of callers: their rules, and a hash to compare them."""

import hashlib
import json
from dataclasses import asdict, replace

from services.drafts.draft_urls import clean_draft_url
from services.errors import Bilingual, InvalidInput
from services.output import check_output
from services.replacements import check_replacements
from services.store.records import EventType, TaskRequest

LARGEST_PRIORITY = 1000
LONGEST_KEY = 256
LARGEST_METADATA_BYTES = 16 * 1024
LONGEST_EXPIRY_SECONDS = 30 * 24 * 3600


def fingerprint(request: TaskRequest) -> str:
    """A hash that is equal for equal requests."""
    fields = asdict(request)
    fields["output"] = request.output.to_json()
    for newer in (
        "webhook_url",
        "webhook_events",
        "output",
        "replacements",
    ):  # requests without them keep the hash of earlier releases
        if not fields[newer]:
            del fields[newer]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def checked_request(request: TaskRequest) -> TaskRequest:
    """The request with normalized URLs. Raises `InvalidInput` naming the first invalid field."""
    for name, wrong, en, zh in _rules(request):
        if wrong:
            raise InvalidInput(Bilingual(f"{name} {en}.", f"{name} {zh}。"), path=(name,))
    check_output(request.output)
    check_replacements(request.replacements)
    webhook_url = None if request.webhook_url is None else clean_draft_url(request.webhook_url, "webhookUrl")
    return replace(request, draft_url=clean_draft_url(request.draft_url), webhook_url=webhook_url)


def _rules(request: TaskRequest) -> list[tuple[str, bool, str, str]]:
    key, expiry, metadata = request.idempotency_key, request.expires_in_seconds, request.metadata
    events = request.webhook_events
    return [
        (
            "idempotencyKey",
            key is not None and not 1 <= len(key) <= LONGEST_KEY,
            f"must have 1 to {LONGEST_KEY} characters",
            f"长度须为 1 到 {LONGEST_KEY} 个字符",
        ),
        (
            "priority",
            abs(request.priority) > LARGEST_PRIORITY,
            f"must be -{LARGEST_PRIORITY} to {LARGEST_PRIORITY}",
            f"须在 -{LARGEST_PRIORITY} 到 {LARGEST_PRIORITY} 之间",
        ),
        (
            "expiresInSeconds",
            expiry is not None and not 1 <= expiry <= LONGEST_EXPIRY_SECONDS,
            f"must be 1 to {LONGEST_EXPIRY_SECONDS}",
            f"须在 1 到 {LONGEST_EXPIRY_SECONDS} 之间",
        ),
        (
            "webhookEvents",
            events is not None and (not request.webhook_url or not events or EventType.SNAPSHOT in events),
            "needs a webhookUrl and at least one type of change, which SNAPSHOT is not",
            "须与 webhookUrl 一起给出，且至少一种变化类型（SNAPSHOT 不是）",
        ),
        (
            "metadata",
            metadata is not None and len(json.dumps(metadata).encode()) > LARGEST_METADATA_BYTES,
            f"must be at most {LARGEST_METADATA_BYTES} bytes as JSON",
            f"的 JSON 不得超过 {LARGEST_METADATA_BYTES} 字节",
        ),
    ]
