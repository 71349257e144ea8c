"""The draft report: the result that a render would have, without rendering.

Our own renderer reads the draft in a child process, whatever exporter renders videos: the server decodes no untrusted
files.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services.access.fair_slots import FairSlots
from services.drafts.draft_urls import own_urls
from services.errors import Bilingual, DraftWarning, ErrorCode, Failed, out_of_disk
from services.exporter_protocol.lines import Report, Stage, StageLine
from services.exporter_protocol.request import ExportRequest
from services.files.beneath import remove_tree
from services.replacements import Replacements
from services.settings import Settings
from services.warning_limit import WarningLimit
from services.work_folders import clear_abandoned, scratch_folder
from services.worker.exporter_process import ProgressLine, limits_of, report

AT_ONCE = 2
AT_ONCE_OF_OWNER = 1
"""Concurrent reports of one owner."""
WAITING_PER_SLOT = 4
"""Waiting reports of an owner for each of its slots: four times the longest report, while it is alone."""
MAX_WAITING = 64
MAX_SECONDS = 60
FOLDER_PREFIX = "report-"
TIMEOUT_HINT = Bilingual(
    "Submit it all the same: a render may take longer than a report.",
    "仍可直接提交：渲染允许的时间比检查更长。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReport:
    """The report on a draft: `found.error` is the reason it cannot be rendered, `stage` where that occurred."""

    draft_url: str
    found: Report
    warnings: tuple[DraftWarning, ...]
    stage: Stage

    @property
    def renderable(self) -> bool:
        """Whether a render would produce a video."""
        return self.found.error is None


async def make_report(request: ExportRequest) -> DraftReport:
    """The report on the draft of the request. Its errors are in `found.error`."""
    stage = Stage.STARTED
    warnings: list[DraftWarning] = []
    limit = WarningLimit()

    def on_line(line: ProgressLine) -> None:
        nonlocal stage
        if isinstance(line, StageLine):
            stage = line.stage
        elif isinstance(line, DraftWarning):
            kept = limit.admit(line)
            if kept is not None:
                warnings.append(kept)

    try:
        found = await report(request, on_line)
    except Failed as error:
        found = Report(error=error.failure)
    return DraftReport(draft_url=request.draft_url, found=found, warnings=tuple(warnings), stage=stage)


class Reports:
    """Makes reports for callers, a few at a time, each within `seconds`."""

    def __init__(self, settings: Settings, *, seconds: int = MAX_SECONDS) -> None:
        self._settings = settings
        self._seconds = min(seconds, settings.render_timeout_seconds)
        self._slots = FairSlots(
            Bilingual("draft reports", "草稿检查"),
            AT_ONCE,
            share=AT_ONCE_OF_OWNER,
            patience=WAITING_PER_SLOT,
            most_waiting=MAX_WAITING,
        )
        self._wanted: set[asyncio.Task[DraftReport]] = set()

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Accept callers while the block lasts; running reports are cancelled at its end."""
        await asyncio.to_thread(clear_abandoned, self._settings.work_dir, FOLDER_PREFIX, remove_tree)
        try:
            yield
        finally:
            left = list(self._wanted)
            for wanted in left:
                wanted.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def report(self, owner: str, draft_url: str, replacements: Replacements = ()) -> DraftReport:
        """The report on a draft, in turns of owners. Raises `QueueFull` and `QuotaExceeded`.

        `owner` is counted by the limits; empty: not counted.
        """
        wanted = asyncio.create_task(self._report(owner, draft_url, replacements))
        self._wanted.add(wanted)
        wanted.add_done_callback(self._wanted.discard)
        return await wanted

    async def _report(self, owner: str, draft_url: str, replacements: Replacements) -> DraftReport:
        async with self._slots.slot(owner):
            try:
                made = await self._made(draft_url, replacements)
            except OSError as error:
                full = out_of_disk(error)
                if full is None:
                    raise
                found = Report(error=full.failure)
                return DraftReport(draft_url=draft_url, found=found, warnings=(), stage=Stage.STARTED)
        return replace(made, found=_hinted(made.found))

    async def _made(self, draft_url: str, replacements: Replacements) -> DraftReport:
        """A report in a folder within a new folder, which holds the materials. Raises `OSError`."""
        async with scratch_folder(self._settings.work_dir, FOLDER_PREFIX, remove_tree) as outer:
            folder = outer / "attempt"
            await asyncio.to_thread(folder.mkdir)
            request = request_of_report(self._settings, draft_url, folder, self._seconds)
            return await make_report(replace(request, replacements=replacements))


def request_of_report(settings: Settings, draft_url: str, folder: Path, seconds: int) -> ExportRequest:
    """The request for a report of a draft within so many seconds."""
    return ExportRequest(
        task_id=folder.parent.name,
        attempt=1,
        draft_url=draft_url,
        folder=folder,
        output=folder / "video.mp4",
        allow_hosts=settings.allow_hosts,
        own_urls=own_urls(settings.base_url, draft_url),
        font_dirs=settings.font_dirs,
        looks=settings.looks,
        ffmpeg=settings.ffmpeg,
        require_sandbox=settings.require_sandbox,
        limits=replace(limits_of(settings), seconds=seconds),
        report=True,
    )


def _hinted(found: Report) -> Report:
    """The report with a hint of its own on its time limit."""
    if found.error is None or found.error.code is not ErrorCode.RENDER_TIMEOUT:
        return found
    return replace(found, error=replace(found.error, hint=TIMEOUT_HINT))
