"""The audit log: one JSON line for each act, appended to a file.

The file is opened for each line, so that it can be rotated at any time.
"""

import json
import logging
import os
from enum import StrEnum
from pathlib import Path

from services.clock import now_ms
from services.http.redaction import redact_text, redact_url
from services.http.urls import is_url

log = logging.getLogger(__name__)


class Act(StrEnum):
    """The acts that are recorded."""

    KEY_CREATED = "key.created"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    SUBMIT = "task.submitted"
    CANCEL = "task.canceled"
    RETRY = "task.retried"
    WATCH_TOKEN = "watch_token.created"  # noqa: S105 - the name of an act
    CONNECTION_ENDED = "connection.ended"
    DRAFT_KEPT = "draft.kept"


class Audit:
    """The audit log in one file. A line that cannot be written is logged as an error; the act is done anyway."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, act: Act, owner: str, key_id: str, address: str, **facts: object) -> None:
        """Append one act. Secrets of URLs among the facts are redacted."""
        line = {"at_ms": now_ms(), "act": act, "owner": owner, "key": key_id, "address": address}
        text = json.dumps({**line, **{name: _harmless(fact) for name, fact in facts.items()}}, ensure_ascii=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, f"{text}\n".encode("utf-8", "replace"))
            finally:
                os.close(descriptor)
        except OSError as error:
            log.error("the audit log cannot be written: %s", error)  # noqa: TRY400 - the traceback tells no more


def _harmless(fact: object) -> object:
    return redact_text(redact_url(fact)) if isinstance(fact, str) and is_url(fact) else fact
