"""The Python client, waiting and in asyncio, against a running server."""

import asyncio
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from draftcast_client import (
    AsyncDraftcast,
    Draftcast,
    Event,
    NoVideo,
    Refused,
    ReplacementInput,
    SubmitVideoTaskInput,
    Unreachable,
    VideoOutputFormat,
    VideoOutputInput,
    VideoTaskErrorCode,
    VideoTaskFilter,
    VideoTaskStage,
    VideoTaskStatus,
)
from tests.support.drafts import DraftBuilder
from tests.support.process import gated_exporter, served
from tests.support.programs import free_port
from tests.support.proxy import Proxy
from tests.support.server import Server

STAGES = list(VideoTaskStage)


class Waiting:
    """An `AsyncDraftcast` whose methods wait, as those of `Draftcast` do."""

    def __init__(self, server: str) -> None:
        self._loop = asyncio.Runner()
        self._api = AsyncDraftcast(server)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **options: self._loop.run(getattr(self._api, name)(*args, **options))

    def watch(self, task_id: str) -> Generator[Event]:
        events = self._api.watch(task_id)
        while event := self._loop.run(anext(events, None)):
            yield event

    def close(self) -> None:
        self._loop.run(self._api.close())
        self._loop.close()


@pytest.fixture(params=[Draftcast, Waiting])
def connect(request: pytest.FixtureRequest) -> Generator[Callable[[str], Any]]:
    """Connects a client to an address."""
    clients: list[Any] = []

    def connected(server: str) -> Any:
        clients.append(request.param(server))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


def test_a_watch_goes_on_where_its_connection_broke_and_misses_nothing(
    server: Server, connect: Callable[[str], Any]
) -> None:
    with Proxy(server.port) as proxy:
        api = connect(proxy.url)
        task = api.submit(server.draft_url("gated"))
        seen: list[Event] = []
        for event in api.watch(task.id):
            seen.append(event)
            if event.stage == VideoTaskStage.STARTED:
                server.open_gate(2)
            if event.stage == VideoTaskStage.PREPARING:
                proxy.cut()
                server.open_gate(4)
        assert proxy.connections >= 2
        assert (seen[-1].task.video_url, len(api.wait(task.id).video.sha_256)) == (api.find(task.id).video_url, 64)
    stages = list(dict.fromkeys(event.stage for event in seen))
    assert stages == STAGES[STAGES.index(stages[0]) :]
    assert [event.seq for event in seen] == sorted({event.seq for event in seen})


def test_a_watch_goes_on_after_a_restart_of_the_server(tmp_path: Path) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as running:
        server = running.start()
        with Draftcast(server.url) as api:
            task = api.submit(server.draft_url("gated"))
            seen: list[Event] = []
            for event in api.watch(task.id):
                seen.append(event)
                if event.stage == VideoTaskStage.STARTED and event.attempt == 1:
                    running.kill()
                    running.start()
                if event.stage == VideoTaskStage.STARTED and event.attempt == 2:
                    server.open_gate(10)
    assert (seen[-1].status, seen[-1].attempt) == (VideoTaskStatus.COMPLETED, 2)
    assert [event.seq for event in seen] == sorted({event.seq for event in seen})


def test_several_drafts_are_submitted_at_once_and_each_is_answered(
    server: Server, connect: Callable[[str], Any]
) -> None:
    api = connect(server.url)
    url = server.draft_url()
    replaced = SubmitVideoTaskInput(draft_url=url, replace=[ReplacementInput(name="guest", text="Ann")])
    taken, refused, other = api.submit_all([replaced, SubmitVideoTaskInput(draft_url=url, priority=10_000), url])
    assert (isinstance(refused, Refused), refused.errors[0]["path"]) == (True, ["inputs", "1", "priority"])
    assert len({api.wait(task.id).video_url for task in (taken, other)}) == 2


def test_a_task_is_listed_canceled_and_retried(server: Server, connect: Callable[[str], Any]) -> None:
    api = connect(server.url)
    draft_url = server.draft_url("hold")
    output = VideoOutputInput(format=VideoOutputFormat.GIF, frame_rate=10)
    task = api.submit(SubmitVideoTaskInput(draft_url=draft_url, metadata={"order": 7}, output=output))
    assert (task.metadata, api.submit(draft_url).id == task.id) == ({"order": 7}, False)
    assert api.cancel(task.id).status == VideoTaskStatus.CANCELED
    page = api.tasks(VideoTaskFilter(draft_url=draft_url, status=[VideoTaskStatus.CANCELED]), first=5)
    assert ([each.id for each in page.nodes], page.page_info.has_next_page) == ([task.id], False)
    with pytest.raises(NoVideo, match="canceled"):
        api.wait(task.id)
    assert api.retry(task.id).status in (VideoTaskStatus.PENDING, VideoTaskStatus.PROCESSING)
    for each in (task, api.find(draft_url=draft_url)):
        api.cancel(each.id)
    assert api.find("no such task") is None


def test_a_draft_is_uploaded_and_reported(server: Server, connect: Callable[[str], Any], tmp_path: Path) -> None:
    api = connect(server.url)
    draft = DraftBuilder().text("{{name}}", 0, 1_000_000)
    (tmp_path / "draft_content.json").write_bytes(draft.bytes())
    draft_url = api.upload(tmp_path, "my draft")
    assert "name=my+draft" in draft_url
    report = api.report(draft_url)
    assert (report.renderable, report.duration_seconds, report.missing_placeholders) == (True, 1.0, ["name"])
    assert api.wait(api.submit(draft_url).id).video_url


def test_what_the_server_refuses_and_a_failed_task_are_errors_with_codes(
    server: Server, connect: Callable[[str], Any]
) -> None:
    api = connect(server.url)
    with pytest.raises(Refused, match="absolute http") as wrong:
        api.submit("ftp://drafts.example/1")
    with pytest.raises(Refused) as unknown:
        api.cancel("0")
    with pytest.raises(Refused) as absent:
        list(api.watch("0"))
    with pytest.raises(Refused) as empty:
        api.upload([b"no zip"])
    codes = [error.value.code for error in (wrong, unknown, absent, empty)]
    assert codes == ["BAD_REQUEST", "NOT_FOUND", "NOT_FOUND", "VALIDATION_ERROR"]
    with pytest.raises(NoVideo) as failed:
        api.wait(api.submit(server.draft_url("fail")).id)
    assert failed.value.code == VideoTaskErrorCode.DRAFT_EMPTY


def test_a_server_that_is_none_is_unreachable(server: Server, connect: Callable[[str], Any]) -> None:
    nobody = connect(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable):
        nobody.tasks()
    with pytest.raises(Unreachable):
        list(nobody.watch("1"))
    with pytest.raises(Unreachable) as foreign:
        connect(f"{server.url}/page").tasks()
    assert foreign.value.status in (404, 405)


def test_a_value_that_a_newer_server_has_added_is_kept() -> None:
    assert (VideoTaskStatus("PAUSED").value, VideoTaskStatus("PAUSED") == "PAUSED") == ("PAUSED", True)


def test_messages_are_in_the_language_that_is_asked_for(server: Server) -> None:
    with Draftcast(server.url, locale="ZH") as api, pytest.raises(Refused, match="没有"):
        api.cancel("0")
