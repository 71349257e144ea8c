"""Changes as they come. Both answer at once or raise at once; the generators they give do the waiting."""

import base64
import binascii
from dataclasses import replace

from resolvers.context import Context
from resolvers.tasks import get_or_raise, redact_for_guest
from services.errors import Bilingual, InvalidInput
from services.store.records import Task, TaskChange

_FEED = "feed:"
_LARGEST_POSITION = 2**63 - 1


async def watched(context: Context, task_id: str | None, draft_url: str | None, after: int | None) -> Task:
    """The task to watch. Raises `TaskNotFound`, or `InvalidInput` when not exactly one of id and draft URL is given."""
    if after is not None and after < 0:
        raise InvalidInput(Bilingual("after must be 0 or more.", "after 不能小于 0。"), path=("after",))
    return await get_or_raise(context, task_id, draft_url)


def redact_change(context: Context, change: TaskChange) -> TaskChange:
    """A change of a task that the caller sees; for a guest with the redacted task."""
    return replace(change, task=redact_for_guest(context, change.task)) if context.is_guest else change


def cursor(position: int) -> str:
    """The cursor of a position in the feed."""
    return base64.urlsafe_b64encode(f"{_FEED}{position}".encode()).decode().rstrip("=")


def position(cursor: str) -> int:
    """The position of a cursor. Raises `InvalidInput`."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        found = int(text.removeprefix(_FEED)) if text.startswith(_FEED) and text.isascii() else -1
    except (binascii.Error, ValueError):
        found = -1
    if not 0 <= found <= _LARGEST_POSITION:
        raise InvalidInput(
            Bilingual(
                "after is not a cursor of this feed; use the cursor of the last item you have seen.",
                "after 不是此订阅的游标；请使用最近一条消息中的 cursor。",
            ),
            path=("after",),
        )
    return found
