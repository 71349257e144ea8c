"""The draft report: what a render of a draft would lose or lack, without a task of its own.

The looking is done by our own renderer in a child process, whatever exporter makes the videos:
nothing of a stranger is decoded in the server.
"""

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from services.errors import Bilingual, DraftWarning, ErrorCode, Failed, QueueFull
from services.files.beneath import remove_tree
from services.settings import Settings
from services.tasks.addresses import own_urls
from services.tasks.exporter import ExportLimits, PreviewLine, Report, ReportRequest, StageLine, report
from services.tasks.records import Stage
from services.warned import Bound

AT_ONCE = 2
MOST_WAITING = 8
"""More are refused, so that nobody waits for more than four times the longest report."""
LONGEST_SECONDS = 60
FOLDER_PREFIX = "report-"
TIMEOUT_HINT = Bilingual(
    "Submit it all the same: a render may take longer than a report.",
    "仍可直接提交：渲染允许的时间比检查更长。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReport:
    """What was found out about a draft: `found.error` says why it cannot be rendered, `stage` where that came up."""

    draft_url: str
    found: Report
    warnings: tuple[DraftWarning, ...]
    stage: Stage

    @property
    def renderable(self) -> bool:
        """Whether a render would give a video."""
        return self.found.error is None


async def make_report(request: ReportRequest) -> DraftReport:
    """The report on the request's draft. Whatever goes wrong with it is its `found.error`."""
    stage = Stage.STARTED
    warnings: list[DraftWarning] = []
    bound = Bound()

    def on_line(line: StageLine | PreviewLine | DraftWarning) -> None:
        nonlocal stage
        if isinstance(line, StageLine):
            stage = line.stage
        elif isinstance(line, DraftWarning):
            kept = bound.kept(line)
            if kept is not None:
                warnings.append(kept)

    try:
        found = await report(request, on_line)
    except Failed as error:
        found = Report(error=error.failure)
    return DraftReport(draft_url=request.draft_url, found=found, warnings=tuple(warnings), stage=stage)


class Reports:
    """Makes reports for callers, a few at once, each within `seconds`."""

    def __init__(self, settings: Settings, *, seconds: int = LONGEST_SECONDS) -> None:
        self._settings = settings
        self._seconds = min(seconds, settings.render_timeout_seconds)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._wanted: set[asyncio.Task[DraftReport]] = set()

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Take callers while the block lasts; at its end, reports that are being made are dropped."""
        await asyncio.to_thread(_clear_abandoned, self._settings.work_dir)
        try:
            yield
        finally:
            left = list(self._wanted)
            for wanted in left:
                wanted.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def report(self, draft_url: str) -> DraftReport:
        """The report on a draft, in its turn. Raises `QueueFull` when too many wait."""
        waiting = len(self._wanted) - AT_ONCE
        if waiting >= MOST_WAITING:
            raise QueueFull(
                Bilingual(
                    f"{waiting} draft reports are waiting already; try again shortly.",
                    f"已有 {waiting} 个草稿检查在排队，请稍后再试。",
                )
            )
        wanted = asyncio.create_task(self._report(draft_url))
        self._wanted.add(wanted)
        wanted.add_done_callback(self._wanted.discard)
        return await wanted

    async def _report(self, draft_url: str) -> DraftReport:
        async with self._slots, _folder(self._settings.work_dir) as folder:
            made = await make_report(self._request(draft_url, folder))
        return replace(made, found=_hinted(made.found))

    def _request(self, draft_url: str, folder: Path) -> ReportRequest:
        settings = self._settings
        return ReportRequest(
            task_id=folder.parent.name,
            attempt=1,
            draft_url=draft_url,
            folder=str(folder),
            output=str(folder / "video.mp4"),
            allow_hosts=settings.allow_hosts,
            own_urls=own_urls(settings.base_url, draft_url),
            font_dirs=tuple(str(fonts) for fonts in settings.font_dirs),
            ffmpeg=settings.ffmpeg,
            require_sandbox=settings.require_sandbox,
            limits=replace(ExportLimits.of(settings), seconds=self._seconds),
        )


def _hinted(found: Report) -> Report:
    """A report's time limit is its own: the usual hint does not help."""
    if found.error is None or found.error.code is not ErrorCode.RENDER_TIMEOUT:
        return found
    return replace(found, error=replace(found.error, hint=TIMEOUT_HINT))


@asynccontextmanager
async def _folder(work_dir: Path) -> AsyncGenerator[Path]:
    """A new folder in a new folder, where materials lie beside it; both are gone when the block is left.
    The outer one is locked, so that nobody takes it for abandoned: a lock ends with its process.
    """
    outer = _new_folder(work_dir)
    with _locked(outer):
        try:
            (outer / "attempt").mkdir()
            yield outer / "attempt"
        finally:
            await asyncio.shield(asyncio.to_thread(remove_tree, outer))


def _new_folder(work_dir: Path) -> Path:
    work_dir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=work_dir))


def _clear_abandoned(work_dir: Path) -> None:
    """Remove the folders of reports whose process was killed."""
    for outer in work_dir.glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError), _locked(outer):  # it is in use, or gone by now
            remove_tree(outer)


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """The folder, ours alone. Raises `OSError` when another process has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
