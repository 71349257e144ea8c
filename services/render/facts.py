"""The facts of a draft as a process: only the reading of a render, so that it starts in a quarter of the time."""

import asyncio

from services.drafts.families.looks import find_looks
from services.drafts.fit import facts_of
from services.drafts.read.draft import read_draft
from services.errors import Failed
from services.exporter_protocol.lines import DraftFacts
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import ExportRequest
from services.render.draft_source import fetcher_of, source_of
from services.render.process.sandbox import confine_render


def run(request: ExportRequest, reporter: Reporter) -> int:
    """Read the draft and write its facts, or the error. Returns the exit code."""
    try:
        confine_render(request)
        reporter.finish(asyncio.run(_facts(request)))
    except Failed as error:
        reporter.finish(error.failure)
        return 1
    return 0


async def _facts(request: ExportRequest) -> DraftFacts:
    async with fetcher_of(request) as fetcher:
        content = await source_of(request, fetcher).content(lambda _: None)
    return facts_of(read_draft(content, find_looks(request.looks)))
