"""Bad drafts and bad materials, through the whole way: each ends in its named error, and the worker lives on."""

import asyncio
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.drafts import sample
from tests.draftcast.test_cli import run
from tests.draftcast.test_mcp import over_http, words
from tests.support.drafts import DraftBuilder
from tests.support.matrix import sampled
from tests.support.process import Served, served
from tests.support.server import Server
from tests.support.servers import DraftServer, statuses
from tests.support.subscriber import subscriber

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { message } } }"
WATCH = """
subscription($id: ID!) { videoTaskProgress(id: $id) { status task {
  error { code en: message zh: message(locale: ZH) hint hintZh: hint(locale: ZH) stage materialUrl segmentId }
} } }
"""
SECOND = 1_000_000
Json = dict[str, Any]


@pytest.fixture(scope="module")
def drafts() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, drafts: DraftServer) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    limits = {
        "max_material_bytes": "3000000",
        "max_pixels": "8000000",
        "max_video_seconds": "600",
        "check_seconds": "60",
    }
    with served(folder, allow_hosts=drafts.host, render_slots="2", **limits) as running:
        assert isinstance(running, Served)
        yield running.start()


def picture(width: int = 64, height: int = 64, mode: str = "RGB") -> bytes:
    file = BytesIO()
    Image.new(mode, (width, height)).save(file, "PNG")
    return file.getvalue()


def error_of(server: Server, draft_url: str) -> Json:
    """The error in which the draft's task ends."""
    task_id = server.data(SUBMIT, url=draft_url)["submitVideoTask"]["task"]["id"]
    with subscriber(server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        last: Json = [data["videoTaskProgress"] for data in socket.rest()][-1]
    assert last["status"] == "FAILED"
    error: Json = last["task"]["error"]
    assert all(error[name] for name in ("en", "zh", "hint", "hintZh"))
    assert any("\u4e00" <= character <= "\u9fff" for character in error["zh"])
    return error


def photo_draft() -> DraftBuilder:
    return DraftBuilder().photo("assets/a.png", 0, SECOND)


def changed(change: Callable[[Json], Any]) -> str:
    """A good draft with one change."""
    builder = photo_draft()
    change(builder.draft)
    return builder.json()


def many_segments(draft: Json) -> None:
    draft["tracks"][0]["segments"] *= 10_000


CONTENTS = {
    "not json": ("<html>not a draft</html>", "DRAFT_INVALID"),
    "not a draft": ('{"hello": "world"}', "DRAFT_INVALID"),
    "deep json": ("[" * 100_000, "DRAFT_INVALID"),
    "encrypted": ("aGVsbG8gdGhpcyBpcyBlbmNyeXB0ZWQgZHJhZnQgY29udGVudCBmcm9tIEppYW5ZaW5n", "DRAFT_ENCRYPTED"),
    "no tracks": (DraftBuilder().json(), "DRAFT_EMPTY"),
    "zero duration": (DraftBuilder().photo("assets/a.png", 0, 0).json(), "DRAFT_EMPTY"),
    "10000 segments": (changed(many_segments), "DRAFT_TOO_LARGE"),
    "negative time": (DraftBuilder().photo("assets/a.png", -SECOND, SECOND).json(), "DRAFT_INVALID"),
    "overlapping": (photo_draft().photo("assets/a.png", SECOND // 2, SECOND).json(), "DRAFT_INVALID"),
    "fps 0": (DraftBuilder(fps=0).photo("assets/a.png", 0, SECOND).json(), "DRAFT_INVALID"),
    "canvas 0x0": (DraftBuilder(0, 0).photo("assets/a.png", 0, SECOND).json(), "DRAFT_INVALID"),
    "canvas 20000x20000": (DraftBuilder(20_000, 20_000).photo("assets/a.png", 0, SECOND).json(), "DRAFT_TOO_LARGE"),
    "canvas over the limit": (DraftBuilder(4000, 4000).photo("assets/a.png", 0, SECOND).json(), "DRAFT_TOO_LARGE"),
    "too long": (DraftBuilder().photo("assets/a.png", 0, 700 * SECOND).json(), "DRAFT_TOO_LARGE"),
    "endless text": (DraftBuilder().text("长" * 100_000, 0, SECOND).json(), "DRAFT_TOO_LARGE"),
}


@pytest.mark.parametrize("name", sampled(CONTENTS, 3))
def test_a_bad_draft_ends_in_its_error(server: Server, drafts: DraftServer, name: str) -> None:
    content, code = CONTENTS[name]
    url = drafts.add_draft(f"bad-{name.replace(' ', '-')}", content, {"assets/a.png": picture()})
    assert error_of(server, url)["code"] == code


SUBMIT_OTHER = """
mutation($url: URL!, $output: VideoOutputInput, $replace: [ReplacementInput!]) {
  submitVideoTask(input: {draftUrl: $url, output: $output, replace: $replace}) {
    task { id } errors { code path en: message(locale: EN) zh: message(locale: ZH) }
  }
}
"""
QUEUED = "{ videoTasks(first: 100) { nodes { draftUrl } } }"
MISFITS: dict[str, tuple[list[str], Json, str]] = {
    "a start at the end": (["output", "startMs"], {"output": {"startMs": 1000}}, "1.00 s long"),
    "an end after it": (["output", "endMs"], {"output": {"endMs": 1100}}, "within the draft"),
    "a picture too large": (["output", "scale"], {"output": {"scale": 4}}, "4320x7680 pixels"),
    "an unknown placeholder": (["replace"], {"replace": [{"name": "town", "text": "X"}]}, "'town'"),
    "a file for a text": (["replace"], {"replace": [{"name": "name", "url": "https://a.example/b.png"}]}, "its text"),
    "a text for a file": (["replace"], {"replace": [{"name": "a.png", "text": "X"}]}, "its url"),
}


@pytest.fixture(scope="module")
def greeting(drafts: DraftServer) -> str:
    content = DraftBuilder(1080, 1920).photo("assets/a.png", 0, SECOND).text("Dear {{name}}", 0, SECOND)
    return drafts.add_draft("greeting", content.json(), {"assets/a.png": picture()})


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_the_draft_is_refused_at_submit(server: Server, greeting: str, name: str) -> None:
    path, given, said = MISFITS[name]
    answer = server.data(SUBMIT_OTHER, url=greeting, **given)["submitVideoTask"]
    assert answer["task"] is None
    (error,) = answer["errors"]
    assert (error["code"], error["path"], said in error["en"]) == ("INVALID_INPUT", ["input", *path], True), error
    assert any("\u4e00" <= character <= "\u9fff" for character in error["zh"])
    assert greeting not in str(server.data(QUEUED))


def test_the_polling_endpoint_refuses_it_too(server: Server, greeting: str) -> None:
    body = {"draft_url": greeting, "output": {"end_ms": 90_000}}
    for language, said in (("en", "range within the draft"), ("zh", "草稿时长之内")):
        answer = server.post("/v1/gen_video", body, {"accept-language": language})
        assert (answer.status, said in answer.body.decode()) == (400, True), answer
    assert greeting not in str(server.data(QUEUED))


def test_a_folder_and_an_agent_are_refused_alike(server: Server, tmp_path: Path) -> None:
    (tmp_path / "draft_content.json").write_text(DraftBuilder().text("Dear {{name}}", 0, SECOND).json())
    sent = run(tmp_path, "submit", str(tmp_path), "--to", "9", "--server", server.url)
    assert (sent.returncode, "output.endMs, 9000, is after the end" in sent.stderr) == (4, True), sent.stderr

    async def by_agent() -> None:
        async with over_http(server) as client:
            arguments = {"draft_url": sample.draft_url(server.url), "output": {"endMs": 900_000}}
            assert "output.endMs, 900000, is after" in words(await client.call_tool("submit", arguments))

    asyncio.run(by_agent())
    assert "sample" not in str(server.data(QUEUED))


def test_a_request_for_a_draft_that_cannot_be_read_is_accepted(server: Server, drafts: DraftServer) -> None:
    given = {"url": drafts.draft_url("later"), "replace": [{"name": "town", "text": "X"}]}
    answer = server.data(SUBMIT_OTHER, **given)["submitVideoTask"]
    assert (answer["errors"], answer["task"] is None) == ([], False)


def test_a_draft_that_is_not_there_is_told_apart(server: Server, drafts: DraftServer) -> None:
    assert error_of(server, drafts.draft_url("unknown"))["code"] == "DRAFT_NOT_FOUND"
    assert error_of(server, f"{drafts.base}/nothing?draft_id=x")["code"] == "DRAFT_NOT_FOUND"
    assert error_of(server, "http://unknown.invalid/get_draft?draft_id=x")["code"] == "DRAFT_NOT_FOUND"


def test_an_empty_file_list_is_an_empty_draft(server: Server, drafts: DraftServer) -> None:
    drafts.answers["/empty"] = statuses([200], b'{"code": 0, "files": []}')
    assert error_of(server, f"{drafts.base}/empty?draft_id=x")["code"] == "DRAFT_EMPTY"


def test_an_inside_address_is_refused(server: Server) -> None:
    for address in ("http://127.0.0.1:1/x", "http://10.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/x"):
        assert error_of(server, address)["code"] == "DRAFT_URL_REFUSED"
    assert error_of(server, f"{server.url}/v1/gen_video_active_count")["code"] == "DRAFT_URL_REFUSED"


def test_our_own_public_address_is_refused(tmp_path: Path) -> None:
    with served(tmp_path, public_url="http://draftcast.example") as running:
        server = running.start()
        for url in ("http://draftcast.example/files/x", "http://DRAFTCAST.example:80/v1/gen_video_status"):
            assert error_of(server, url)["code"] == "DRAFT_URL_REFUSED"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>'
MATERIALS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.mp4", lambda: b"", "MATERIAL_UNREADABLE"),
    "text": ("a.mp4", lambda: b"this is not a video", "MATERIAL_UNREADABLE"),
    "playlist": ("a.mp4", lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "MATERIAL_UNREADABLE"),
    "concat": ("a.mp4", lambda: b"ffconcat version 1.0\nfile /etc/passwd\n", "MATERIAL_UNREADABLE"),
    "svg": ("a.png", lambda: SVG, "MATERIAL_UNREADABLE"),
    "cut short": ("a.png", lambda: picture(500, 500)[:200], "MATERIAL_UNREADABLE"),
    "many pixels": ("a.png", lambda: picture(16_000, 16_000, "1"), "MATERIAL_TOO_LARGE"),
    "many bytes": ("a.png", lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 4_000_000, "MATERIAL_TOO_LARGE"),
}
"""The file's name, its content, made when it is needed, and the error."""


@pytest.mark.parametrize("name", sampled(MATERIALS, 2))
def test_a_bad_material_ends_in_its_error(server: Server, drafts: DraftServer, name: str) -> None:
    file, content, code = MATERIALS[name]
    builder = DraftBuilder()
    builder.video(f"assets/{file}", 0, SECOND, kind="video" if file.endswith("mp4") else "photo")
    url = drafts.add_draft(f"material-{name.replace(' ', '-')}", builder.json(), {f"assets/{file}": content()})
    error = error_of(server, url)
    assert error["code"] == code
    assert error["segmentId"] == builder.draft["tracks"][0]["segments"][0]["id"]


def test_a_missing_material_is_named(server: Server, drafts: DraftServer) -> None:
    url = drafts.add_draft("missing", photo_draft().json(), {"assets/other.png": picture()})
    error = error_of(server, url)
    assert (error["code"], "a.png" in error["en"]) == ("MATERIAL_UNREACHABLE", True)
    gone = DraftBuilder().photo(f"{drafts.base}/gone.png", 0, SECOND)
    error = error_of(server, drafts.add_draft("gone", gone.json()))
    assert (error["code"], error["materialUrl"]) == ("MATERIAL_UNREACHABLE", f"{drafts.base}/gone.png")


def test_a_material_at_an_inside_address_is_refused(server: Server, drafts: DraftServer) -> None:
    inside = DraftBuilder().photo("http://127.0.0.1:1/a.png", 0, SECOND)
    error = error_of(server, drafts.add_draft("inside", inside.json()))
    assert (error["code"], error["materialUrl"]) == ("MATERIAL_REFUSED", "http://127.0.0.1:1/a.png")


def test_a_broken_picture_among_ten_names_itself(server: Server, drafts: DraftServer) -> None:
    builder = DraftBuilder()
    for number in range(10):
        builder.photo(f"assets/{number}.png", number * SECOND // 10, SECOND // 10)
    files: dict[str, bytes | Path] = {f"assets/{number}.png": picture(8 + number, 8) for number in range(10)}
    files["assets/7.png"] = b"\x89PNG broken"
    error = error_of(server, drafts.add_draft("ten", builder.json(), files))
    assert (error["code"], error["stage"]) == ("MATERIAL_UNREADABLE", "PROCESSING_MATERIALS")
    assert "7.png" in error["en"]
    assert error["materialUrl"].endswith("assets/7.png")
    assert error["segmentId"] == builder.draft["tracks"][0]["segments"][7]["id"]


def test_a_lone_surrogate_in_a_caption_does_no_harm(server: Server, drafts: DraftServer) -> None:
    builder = photo_draft().text("a\ud800b", 0, SECOND)
    url = drafts.add_draft("surrogate", builder.bytes(), {"assets/a.png": picture()})
    task_id = server.data(SUBMIT, url=url)["submitVideoTask"]["task"]["id"]
    with subscriber(server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        last = [data["videoTaskProgress"] for data in socket.rest()][-1]
    assert last["status"] == "COMPLETED", last


@pytest.mark.parametrize("url", ["", "drafts.example/x", "ftp://a.example/x", "http://a.example/" + "x" * 3000])
def test_a_draft_url_that_is_none_is_refused_at_once(server: Server, url: str) -> None:
    answer = server.post("/v1/gen_video", {"draft_url": url})
    assert (answer.status, answer.json["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert "draft_url" in answer.json["error"]["details"]
