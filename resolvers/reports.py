"""The one question about drafts."""

from resolvers.context import Context
from services.access.callers import Scope
from services.access.limits import Limit
from services.tasks.report import DraftReport


async def report(context: Context, draft_url: str) -> DraftReport:
    """What a render of the draft would lose or lack. Raises `QueueFull` and `QuotaExceeded`."""
    context.require(Scope.SUBMIT)
    context.count(Limit.SUBMITS)
    return await context.services.reports.report(context.rate_limit_key, draft_url)
