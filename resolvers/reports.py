"""The one question about drafts."""

from resolvers.context import Context
from services.access.callers import Scope
from services.tasks.report import DraftReport


async def report(context: Context, draft_url: str) -> DraftReport:
    """What a render of the draft would lose or lack. Raises `QueueFull` when too many ask at once."""
    context.require(Scope.SUBMIT)
    return await context.services.reports.report(draft_url)
