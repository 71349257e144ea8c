"""Reports for many callers: how long, how many, and what is left of them."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from services.access.limits import QuotaExceeded
from services.errors import ErrorCode, QueueFull
from services.settings import Settings, load
from services.tasks.report import AT_ONCE, FOLDER_PREFIX, WAITING_PER_SLOT, DraftReport, Reports
from tests.support.servers import DraftServer

SECONDS = 60


class Held:
    """Answers to a draft's URL that come when the test lets them; tells how many wait for one."""

    def __init__(self, drafts: DraftServer) -> None:
        self._drafts = drafts
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Semaphore(0)
        drafts.answers["/held"] = self._answer

    @property
    def url(self) -> str:
        return f"{self._drafts.base}/held"

    async def _answer(self, _request: web.Request) -> web.Response:
        self._loop.call_soon_threadsafe(self._asked.release)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")

    async def asked(self, times: int) -> None:
        """Until so many reports wait for their draft."""
        for _ in range(times):
            await self._asked.acquire()


@pytest.fixture
def drafts() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


Scenario = Callable[[Reports, Held], Awaitable[None]]


def play(folder: Path, drafts: DraftServer, scenario: Scenario, seconds: int = SECONDS) -> None:
    """Run a scenario; afterwards no process and no folder of a report is left."""
    settings = settings_of(folder, drafts)

    async def whole() -> None:
        async with asyncio.timeout(SECONDS):
            reports, held = Reports(settings, seconds=seconds), Held(drafts)
            async with reports.serve():
                await scenario(reports, held)
            assert nothing_left(settings)

    asyncio.run(whole())


def settings_of(folder: Path, drafts: DraftServer) -> Settings:
    return load(data_dir=folder, allow_hosts=(drafts.host,))


def nothing_left(settings: Settings) -> bool:
    return children(settings) == [] and list(settings.work_dir.glob("*")) == []


def children(settings: Settings) -> list[psutil.Process]:
    """The processes that make reports: those that work where reports do."""
    own = psutil.Process().children(recursive=True)
    return [process for process in own if process.cwd().startswith(str(settings.work_dir))]


def test_a_report_that_takes_too_long_ends_with_a_hint_of_its_own(tmp_path: Path, drafts: DraftServer) -> None:
    async def scenario(reports: Reports, held: Held) -> None:
        made = await reports.report("", held.url)
        error = made.found.error
        assert error is not None
        assert (made.renderable, error.code, made.stage) == (False, "RENDER_TIMEOUT", "PARSING_DRAFT")
        assert "DRAFTCAST_RENDER_TIMEOUT_SECONDS" not in error.hint.en
        assert nothing_left(settings_of(tmp_path, drafts))

    play(tmp_path, drafts, scenario, seconds=1)


def test_a_caller_that_goes_away_leaves_no_process_and_no_folder(tmp_path: Path, drafts: DraftServer) -> None:
    async def scenario(reports: Reports, held: Held) -> None:
        caller = asyncio.create_task(reports.report("", held.url))
        await held.asked(1)
        assert len(children(settings_of(tmp_path, drafts))) == 1
        caller.cancel()
        await asyncio.wait({caller})
        assert nothing_left(settings_of(tmp_path, drafts))

    play(tmp_path, drafts, scenario)


def test_reports_end_with_the_service(tmp_path: Path, drafts: DraftServer) -> None:
    callers: set[asyncio.Task[DraftReport]] = set()

    async def scenario(reports: Reports, held: Held) -> None:
        callers.add(asyncio.create_task(reports.report("", held.url)))
        await held.asked(1)

    play(tmp_path, drafts, scenario)
    assert all(caller.cancelled() for caller in callers)


def test_a_few_are_made_at_once_some_wait_and_more_are_refused(tmp_path: Path, drafts: DraftServer) -> None:
    settings = settings_of(tmp_path, drafts)

    async def scenario(reports: Reports, held: Held) -> None:
        first, second, *waiting = (
            asyncio.create_task(reports.report("", held.url)) for _ in range(AT_ONCE * (1 + WAITING_PER_SLOT))
        )
        await held.asked(AT_ONCE)
        assert len(children(settings)) == AT_ONCE == 2
        with pytest.raises(QueueFull, match="2 draft reports are under way, 8 are waiting"):
            await reports.report("", held.url)
        for caller in waiting[1:]:
            caller.cancel()
        first.cancel()
        await asyncio.wait({first, *waiting[1:]})
        await held.asked(1)
        assert len(children(settings)) == AT_ONCE
        assert not second.done()

    play(tmp_path, drafts, scenario)


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path, drafts: DraftServer) -> None:
    settings = settings_of(tmp_path, drafts)
    abandoned = settings.work_dir / f"{FOLDER_PREFIX}abandoned" / "materials"
    other = settings.work_dir / "task" / "materials"
    for folder in (abandoned, other):
        folder.mkdir(parents=True)

    async def scenario(reports: Reports, held: Held) -> None:
        assert not abandoned.parent.exists()
        assert other.is_dir()
        shutil.rmtree(other.parent)
        caller = asyncio.create_task(reports.report("", held.url))
        await held.asked(1)
        async with Reports(settings).serve():
            (used,) = settings.work_dir.iterdir()
            assert (used / "attempt").is_dir()
        caller.cancel()
        await asyncio.wait({caller})

    play(tmp_path, drafts, scenario)


def test_one_owners_reports_on_a_slow_draft_server_hold_up_nobody_else(tmp_path: Path, drafts: DraftServer) -> None:
    quick = drafts.add_draft("quick", "{}")

    async def scenario(reports: Reports, held: Held) -> None:
        annas = [asyncio.create_task(reports.report("key anna", held.url)) for _ in range(1 + WAITING_PER_SLOT)]
        await held.asked(1)
        with pytest.raises(QuotaExceeded):
            await reports.report("key anna", held.url)
        made = await reports.report("key bert", quick)
        assert made.found.error is not None
        assert made.found.error.code is ErrorCode.DRAFT_INVALID
        for caller in annas:
            caller.cancel()
        await asyncio.wait(annas)

    play(tmp_path, drafts, scenario)
