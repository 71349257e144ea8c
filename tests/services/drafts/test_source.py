import asyncio
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from services.drafts.fetch import Fetcher, FetchLimits
from services.drafts.records import MediaKind, MediaMaterial
from services.drafts.source import DraftSource, LocalDraft, RemoteDraft
from services.errors import ErrorCode, Failed
from services.http.client import Timeouts
from tests.support.servers import DraftServer, endless, redirect, statuses

DRAFT_ID = "20261122233755fcd67a2d"
DRAFT = json.dumps({"tracks": [], "materials": {}, "canvas_config": {}}).encode()
LIMITS = FetchLimits(draft_bytes=10_000, material_bytes=100_000, task_bytes=100_000)
QUICK = Timeouts(backoff_seconds=0.01, longest_wait_seconds=0.05)


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


def nothing(_size: int) -> None:
    pass


def made(path: str, **fields: Any) -> MediaMaterial:
    return MediaMaterial(id="m1", kind=MediaKind.VIDEO, path=path, **fields)


def fetching(folder: Path, server: DraftServer, allow: tuple[str, ...] | None = None) -> Fetcher:
    allowed = (server.host,) if allow is None else allow
    return Fetcher(cache_dir=folder / "cache", allow_hosts=allowed, limits=LIMITS, timeouts=QUICK)


async def _read(source: DraftSource, *materials: MediaMaterial) -> list[bytes]:
    """The draft's content, and then the materials' files."""
    content = await source.content(nothing)
    paths = [await source.material(material, segment_id="s1", on_bytes=nothing) for material in materials]
    return [content, *(path.read_bytes() for path in paths)]


def remote(folder: Path, server: DraftServer, url: str, *materials: MediaMaterial, **options: Any) -> list[bytes]:
    async def run() -> list[bytes]:
        async with fetching(folder, server, **options) as fetcher:
            return await _read(RemoteDraft(fetcher, url), *materials)

    return asyncio.run(run())


def local(folder: Path, server: DraftServer, *materials: MediaMaterial) -> list[bytes]:
    async def run() -> list[bytes]:
        async with fetching(folder, server) as fetcher:
            return await _read(LocalDraft(folder / "draft", fetcher), *materials)

    return asyncio.run(run())


def remote_failure(folder: Path, server: DraftServer, url: str, *materials: MediaMaterial, **options: Any) -> Failed:
    with pytest.raises(Failed) as caught:
        remote(folder, server, url, *materials, **options)
    return caught.value


def test_a_draft_and_its_materials_are_fetched_through_get_draft(tmp_path: Path, server: DraftServer) -> None:
    files: dict[str, bytes | Path] = {"assets/videos/片段 1.mp4": b"video", "draft_meta_info.json": b"{}"}
    url = server.add_draft(DRAFT_ID, DRAFT, files)
    paths = (f"/app/output/draft/{DRAFT_ID}/assets/videos/片段 1.mp4", "D:\\片段 1.mp4")
    assert remote(tmp_path, server, url, *map(made, paths)) == [DRAFT, b"video", b"video"]
    assert server.requests[f"/output/draft/{DRAFT_ID}/assets/videos/片段 1.mp4"] == 1


def test_every_byte_is_reported_once(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_draft(DRAFT_ID, DRAFT, {"a.mp4": b"video"})
    seen: list[int] = []

    async def run() -> int:
        async with fetching(tmp_path, server) as fetcher:
            source = RemoteDraft(fetcher, url)
            await source.content(nothing)
            for _ in range(3):
                await source.material(made("a.mp4"), segment_id="s1", on_bytes=seen.append)
        return sum(seen)

    assert asyncio.run(run()) == len(b"video")


@pytest.mark.parametrize(
    "answer",
    [
        {"files": ["http://{host}/draft_info.json"]},
        {"code": "0", "files": ["http://{host}/draft_info.json", None, 5, ""]},
        {"code": 0, "files": ["draft_info.json"]},
        {"code": None, "message": "", "files": ["/draft_info.json"]},
        {"code": 0, "files": ["http://{host}/\u200bdraft_info.json\ufeff"]},
        {"code": 0, "files": ["http://[bad", "http://{host}/draft_info.json", "\ud800"]},
    ],
)
def test_every_form_of_the_file_list_is_understood(tmp_path: Path, server: DraftServer, answer: Any) -> None:
    body = json.dumps(answer).replace("{host}", server.host).encode()
    server.answers["/get"] = statuses([200], body)
    server.add_file("/draft_info.json", DRAFT)
    assert remote(tmp_path, server, f"{server.base}/get?draft_id={DRAFT_ID}") == [DRAFT]


def test_a_url_that_answers_with_the_draft_itself_is_taken(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/d/draft_content.json", DRAFT)
    server.add_file("/d/assets/片段 1.mp4", b"beside")
    server.add_file("/elsewhere.mp4", b"elsewhere")
    materials = [made("assets/片段 1.mp4"), made("assets/x.mp4", remote_url=f"{server.base}/elsewhere.mp4")]
    assert remote(tmp_path, server, url, *materials) == [DRAFT, b"beside", b"elsewhere"]


@pytest.mark.parametrize(
    ("served", "named"),
    [
        (normalize("NFD", "Café.mp4"), "Café.mp4"),
        ("Café.mp4", normalize("NFD", "Café.mp4")),
        ("می\u200cخواهم.mp4", "می\u200cخواهم.mp4"),
        ("میخواهم.mp4", "می\u200cخواهم.mp4"),
        ("Screenshot 9.41 AM.png", "Screenshot 9.41\u202fAM.png"),
        ("50%20off.mp4", "50%20off.mp4"),
        ("50 off.mp4", "50%20off.mp4"),
        ("中文.mp4", "%D6%D0%CE%C4.mp4"),
    ],
)
def test_beside_a_draft_without_a_list_names_are_tried_as_others_spell_them(
    tmp_path: Path, server: DraftServer, served: str, named: str
) -> None:
    url = server.add_file("/d/draft_content.json", DRAFT)
    server.add_file(f"/d/assets/{served}", b"beside")
    assert remote(tmp_path, server, url, made(f"assets/{named}")) == [DRAFT, b"beside"]


def test_a_file_that_is_beside_a_draft_under_no_spelling_is_told_by_the_first(
    tmp_path: Path, server: DraftServer
) -> None:
    url = server.add_file("/d/draft_content.json", DRAFT)
    failure = remote_failure(tmp_path, server, url, made("Café.mp4")).failure
    assert (failure.code, failure.segment_id) == (ErrorCode.MATERIAL_UNREACHABLE, "s1")
    assert failure.material_url == f"{server.base}/d/Caf%C3%A9.mp4"


def test_the_remote_url_is_used_for_what_the_draft_does_not_hold(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_draft(DRAFT_ID, DRAFT, {"a.mp4": b"listed"})
    elsewhere = server.add_file("/b.mp4", b"elsewhere")
    materials = [made("a.mp4", remote_url=elsewhere), made("C:\\b.mp4", remote_url=f"\ufeff{elsewhere}")]
    assert remote(tmp_path, server, url, *materials)[1:] == [b"listed", b"elsewhere"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code":2001,"message":"no such draft"}', ErrorCode.DRAFT_NOT_FOUND),
        (b'{"code":"E404","files":["x"]}', ErrorCode.DRAFT_NOT_FOUND),
        (b'{"code":0,"files":[]}', ErrorCode.DRAFT_EMPTY),
        (b'{"code":0,"files":[1,null]}', ErrorCode.DRAFT_EMPTY),
        (b'{"code":0}', ErrorCode.DRAFT_INVALID),
        (b'{"code":0,"files":"x"}', ErrorCode.DRAFT_INVALID),
        (b'{"code":0,"files":["a.mp4"]}', ErrorCode.DRAFT_INVALID),
        (b"<html>login</html>", ErrorCode.DRAFT_INVALID),
        (b"", ErrorCode.DRAFT_INVALID),
        (b"[]", ErrorCode.DRAFT_INVALID),
        (b"[" * 9000, ErrorCode.DRAFT_INVALID),
        (b"x" * 10_001, ErrorCode.DRAFT_TOO_LARGE),
    ],
)
def test_an_answer_that_leads_to_no_draft_is_told(
    tmp_path: Path, server: DraftServer, body: bytes, code: ErrorCode
) -> None:
    server.answers["/get"] = statuses([200], body)
    assert remote_failure(tmp_path, server, f"{server.base}/get").failure.code is code


def test_the_text_of_a_server_that_knows_no_such_draft_is_not_repeated(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/get"] = statuses([200], b'{"code":2001,"message":"canary"}')
    failure = remote_failure(tmp_path, server, f"{server.base}/get").failure
    assert "2001" in failure.message.en
    assert "2001" in failure.message.zh
    assert "canary" not in str(failure)


@pytest.mark.parametrize(
    ("status", "advice"), [(400, "draft_id"), (401, "login"), (403, "login"), (404, "draft_id"), (500, "later")]
)
def test_an_error_status_means_that_there_is_no_such_draft_and_has_its_hint(
    tmp_path: Path, server: DraftServer, status: int, advice: str
) -> None:
    server.answers["/get"] = statuses([status])
    failure = remote_failure(tmp_path, server, f"{server.base}/get").failure
    assert failure.code is ErrorCode.DRAFT_NOT_FOUND
    assert str(status) in failure.message.en
    assert advice in failure.hint.en


def test_a_login_page_is_told_as_one(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/get"] = statuses([200], b"<!doctype html><form>Log in</form>")
    failure = remote_failure(tmp_path, server, f"{server.base}/get").failure
    assert ("login page" in failure.hint.en, "登录页" in failure.hint.zh) == (True, True)


def test_a_server_that_is_down_means_that_there_is_no_such_draft(tmp_path: Path, server: DraftServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        failure = remote_failure(tmp_path, server, f"http://{host}/get", allow=(host,)).failure
    assert failure.code is ErrorCode.DRAFT_NOT_FOUND
    assert ("its server is running" in failure.hint.en, "draft_id" in failure.hint.en) == (True, False)


def test_inside_addresses_are_refused_for_the_list_the_content_and_the_materials(
    tmp_path: Path, server: DraftServer
) -> None:
    with DraftServer() as inside:
        secret = inside.add_file("/draft_content.json", DRAFT)
        server.answers["/list"] = statuses([200], json.dumps({"files": [secret]}).encode())
        server.answers["/away"] = redirect(secret)
        for url in (secret, f"{server.base}/list", f"{server.base}/away"):
            assert remote_failure(tmp_path, server, url).failure.code is ErrorCode.DRAFT_URL_REFUSED
        url = server.add_draft(DRAFT_ID, DRAFT)
        for material in (made(secret), made("x", remote_url=secret), made(f"{server.base}/away")):
            assert remote_failure(tmp_path, server, url, material).failure.code is ErrorCode.MATERIAL_REFUSED
        assert not inside.requests


def test_an_endless_draft_is_too_large(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_draft(DRAFT_ID, DRAFT)
    server.answers[f"/output/draft/{DRAFT_ID}/draft_content.json"] = endless()
    failure = remote_failure(tmp_path, server, url).failure
    assert failure.code is ErrorCode.DRAFT_TOO_LARGE
    assert str(LIMITS.draft_bytes) in failure.message.zh


@pytest.mark.parametrize("path", ["", "none.mp4", "/etc/hostname", "C:\\none.mp4", "file:///etc/hostname"])
def test_a_material_that_is_nowhere_is_named_with_its_segment(tmp_path: Path, server: DraftServer, path: str) -> None:
    url = server.add_draft(DRAFT_ID, DRAFT)
    failure = remote_failure(tmp_path, server, url, made(path, name="我的片段")).failure
    assert failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert failure.segment_id == "s1"
    for text in (failure.message.en, failure.message.zh):
        assert "我的片段" in text
        assert "s1" in text


def test_a_material_url_is_shown_without_its_secrets(tmp_path: Path, server: DraftServer) -> None:
    async def run() -> list[str | None]:
        async with fetching(tmp_path, server) as fetcher:
            source = RemoteDraft(fetcher, server.add_draft(DRAFT_ID, DRAFT, {"a.mp4": b""}))
            await source.content(nothing)
            return [source.url(made(path)) for path in ("a.mp4", "http://u:p@h.example/x?token=1", "none")]

    listed = f"{server.base}/output/draft/{DRAFT_ID}/a.mp4"
    assert asyncio.run(run()) == [listed, "http://h.example/x", None]


def timeline(name: str, segments: int = 1) -> bytes:
    """A draft that can be told from others."""
    track = {"type": "video", "segments": [{"id": name}] * segments}
    return json.dumps({"id": name, "tracks": [track], "materials": {}, "canvas_config": {}}).encode()


ROOT = timeline("root")
TIMELINES: dict[str, bytes] = {
    "Timelines/A/draft_content.json": timeline("A"),
    "Timelines/B/draft_info.json": timeline("B"),
    "Timelines/EMPTY/draft_content.json": timeline("EMPTY", segments=0),
}


def said(active: str | None = None, main: str | None = None, first: str | None = None) -> dict[str, bytes]:
    """What a draft says of its timelines: which one is open, which is the main one, which stands first."""
    layout = {"activeTimeline": active, "dockItems": [{"timelineIds": [first] if first else []}]}
    project = {"main_timeline_id": main, "timelines": [{"id": main}]}
    files = {"timeline_layout.json": layout, "Timelines/project.json": project}
    return {path: json.dumps(content).encode() for path, content in files.items()}


@pytest.mark.parametrize("where", ["local", "remote"])
@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (said(active="B", main="A"), "B"),
        (said(main="A"), "A"),
        (said(first="B"), "B"),
        (said(active="gone", main="B"), "B"),
        (said(active="EMPTY"), "root"),
        (said(active="../../B"), "root"),
        (said(), "root"),
        ({}, "root"),
        ({"timeline_layout.json": b"{", "Timelines/project.json": b'{"main_timeline_id": []}'}, "root"),
    ],
)
def test_of_several_timelines_the_one_that_is_open_is_the_draft(
    tmp_path: Path, server: DraftServer, where: str, files: dict[str, bytes], chosen: str
) -> None:
    everything: dict[str, bytes | Path] = {**TIMELINES, **files}
    if where == "remote":
        (content,) = remote(tmp_path, server, server.add_draft(DRAFT_ID, ROOT, everything))
    else:
        for path, file in {**TIMELINES, **files, "draft_content.json": ROOT}.items():
            (tmp_path / "draft" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "draft" / path).write_bytes(file)
        (content,) = local(tmp_path, server)
    assert json.loads(content)["id"] == chosen


def test_a_timeline_that_does_not_answer_leaves_the_main_file(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_draft(DRAFT_ID, ROOT, {**TIMELINES, **said(active="A")})
    server.answers[f"/output/draft/{DRAFT_ID}/Timelines/A/draft_content.json"] = statuses([404])
    assert remote(tmp_path, server, url) == [ROOT]


def test_a_local_draft_may_have_a_timeline_only(tmp_path: Path, server: DraftServer) -> None:
    (tmp_path / "draft" / "Timelines" / "A").mkdir(parents=True)
    (tmp_path / "draft" / "Timelines" / "A" / "draft_content.json").write_bytes(timeline("A"))
    assert local(tmp_path, server) == [timeline("A")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A draft folder, beside a file that is none of its business."""
    draft = tmp_path / "draft"
    (draft / "assets").mkdir(parents=True)
    (draft / "draft_content.json").write_bytes(DRAFT)
    (draft / "assets" / "片段 1.mp4").write_bytes(b"video")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    return draft


@pytest.mark.parametrize(
    "path",
    [
        "assets/片段 1.mp4", "./assets/片段 1.mp4", "assets\\片段 1.mp4", "C:\\Users\\me\\片段 1.mp4",
        "/x/y/片段 1.mp4", "##_draftpath_placeholder_0E685133-18CE-45ED-8CB8-2904A212EC80_##/assets/片段 1.mp4",
        "../../片段 1.mp4", f"/app/output/draft/{DRAFT_ID}/assets/片段 1.mp4",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_a_local_draft_finds_its_files_by_every_form_of_path(tmp_path: Path, server: DraftServer, path: str) -> None:
    assert local(tmp_path, server, made(path)) == [DRAFT, b"video"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.mp4", "/etc/hostname", "assets/link.mp4", "link/secret.mp4", "assets/circle.mp4", "a\0b", "",
        "assets", "x" * 300, "x/" * 3000, "x" * 100_000, "pipe.mp4", "..", "{outside}",
    ],
)  # fmt: skip
def test_a_local_draft_opens_nothing_outside_of_its_folder(
    tmp_path: Path, server: DraftServer, folder: Path, path: str
) -> None:
    (folder / "assets" / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "assets" / "circle.mp4").symlink_to("circle.mp4")
    (folder / "link").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.mp4")
    with pytest.raises(Failed) as caught:
        local(tmp_path, server, made(path.replace("{outside}", str(tmp_path / "secret.mp4")), name="m"))
    assert caught.value.failure.code is ErrorCode.MATERIAL_UNREACHABLE


def test_a_link_that_stays_inside_the_folder_is_followed(tmp_path: Path, server: DraftServer, folder: Path) -> None:
    (folder / "other.mp4").symlink_to(folder / "assets" / "片段 1.mp4")
    assert local(tmp_path, server, made("other.mp4")) == [DRAFT, b"video"]


def test_a_local_draft_fetches_urls(tmp_path: Path, server: DraftServer, folder: Path) -> None:
    (folder / "b.mp4").write_bytes(b"another file of that name")
    url = server.add_file("/b.mp4", b"fetched")
    materials = [made(url), made(f"\ufeff{url}"), made("none.mp4", remote_url=url), made("b.mp4", remote_url=url)]
    assert local(tmp_path, server, *materials)[1:] == [b"fetched"] * 3 + [b"another file of that name"]


@pytest.mark.parametrize("name", ["draft_info.json", None])
def test_a_local_draft_may_have_its_other_name_or_be_missing(
    tmp_path: Path, server: DraftServer, folder: Path, name: str | None
) -> None:
    (folder / "draft_content.json").replace(folder / (name or "other.json"))
    if name:
        assert local(tmp_path, server) == [DRAFT]
        return
    with pytest.raises(Failed) as caught:
        local(tmp_path, server)
    assert caught.value.failure.code is ErrorCode.DRAFT_NOT_FOUND


def test_a_local_draft_that_is_too_large_or_a_link_to_elsewhere_is_not_read(
    tmp_path: Path, server: DraftServer, folder: Path
) -> None:
    content = folder / "draft_content.json"
    content.write_bytes(b" " * (LIMITS.draft_bytes + 1))
    with pytest.raises(Failed) as caught:
        local(tmp_path, server)
    assert caught.value.failure.code is ErrorCode.DRAFT_TOO_LARGE
    content.unlink()
    content.symlink_to(tmp_path / "secret.mp4")
    with pytest.raises(Failed) as caught:
        local(tmp_path, server)
    assert caught.value.failure.code is ErrorCode.DRAFT_NOT_FOUND
