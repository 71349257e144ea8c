"""Reports of drafts."""

from resolvers.context import Context
from services.access.callers import Scope
from services.access.limits import Limit
from services.replacements import Replacements, check_replacements
from services.tasks.report import DraftReport


async def report(context: Context, draft_url: str, replacements: Replacements = ()) -> DraftReport:
    """The report of a draft with its replacements: its size, warnings and error, without a render. Raises
    `InvalidInput`, `QueueFull` and `QuotaExceeded`.
    """
    context.require(Scope.SUBMIT)
    check_replacements(replacements)
    context.count(Limit.SUBMITS)
    return await context.services.reports.report(context.rate_limit_key, draft_url, replacements)
