"""Watch tokens: signed texts that show one task for a limited time. They are not stored."""

import base64
import json
from dataclasses import dataclass
from typing import Any, cast

from services.access.callers import Caller
from services.access.signing import Hmac
from services.clock import now_ms
from services.errors import Bilingual, InvalidInput

MARK = "dcw_"
"""The prefix of each watch token; other texts are not accepted in a URL."""
LONGEST_SECONDS = 7 * 24 * 3600
LONGEST_TOKEN = 1024


@dataclass(frozen=True, slots=True)
class WatchToken:
    """A token's text and expiry (UTC milliseconds)."""

    text: str
    ends_at_ms: int


def make_token(mac: Hmac, caller: Caller, task_id: str, seconds: int) -> WatchToken:
    """Sign a token for a task of the caller; it ends with the caller's key at the latest. Raises `InvalidInput`."""
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise InvalidInput(
            Bilingual(
                f"expiresInSeconds must be 1 to {LONGEST_SECONDS}, not {seconds}.",
                f"expiresInSeconds 须在 1 到 {LONGEST_SECONDS} 之间，而不是 {seconds}。",
            ),
            path=("expiresInSeconds",),
        )
    ends_at_ms = now_ms() + 1000 * seconds
    facts = json.dumps([task_id, caller.owner, caller.key_id, ends_at_ms], separators=(",", ":")).encode()
    payload = base64.urlsafe_b64encode(facts).decode().rstrip("=")
    return WatchToken(f"{MARK}{payload}.{mac.sign(_use(payload))}", ends_at_ms)


def guest_of(mac: Hmac, text: str) -> Caller | None:
    """The guest of a token; None for a token that has a wrong signature or has expired."""
    payload, _, signature = text[:LONGEST_TOKEN].removeprefix(MARK).partition(".")
    if not mac.verify(_use(payload), signature):
        return None
    facts: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    task_id, owner, key_id, ends_at_ms = cast("tuple[str, str, str, int]", facts)
    caller = Caller(owner, frozenset(), key_id, task_id, ends_at_ms)
    return caller if now_ms() < ends_at_ms else None


def _use(payload: str) -> str:
    return f"watch\n{payload}"
