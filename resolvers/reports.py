"""Reports of drafts."""

from resolvers.context import Context
from services.access.callers import Scope
from services.access.limits import Limit
from services.tasks.report import DraftReport


async def report(context: Context, draft_url: str) -> DraftReport:
    """The report of a draft: its size, warnings and error, without a render. Raises `QueueFull` and `QuotaExceeded`."""
    context.require(Scope.SUBMIT)
    context.count(Limit.SUBMITS)
    return await context.services.reports.report(context.rate_limit_key, draft_url)
