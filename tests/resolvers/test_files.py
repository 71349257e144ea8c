import hashlib
from urllib.parse import quote

import pytest

from tests.support.server import Answer, Server

TASK = """query($id: ID!) { videoTask(id: $id) {
  status videoUrl thumbnailUrl previewUrl video { url sizeBytes sha256 width height durationSeconds frameRate }
} }"""


@pytest.fixture(scope="module")
def video_url(server: Server) -> str:
    """The address of a finished video."""
    return str(finished(server)["videoUrl"])


def finished(server: Server, query: str = "") -> dict[str, object]:
    submit = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id draftUrl seq } } }"
    task = server.data(submit, url=server.draft_url() + query)["submitVideoTask"]["task"]
    waiting = {"draft_url": task["draftUrl"], "since": 0, "wait_seconds": 20}
    while (found := server.post("/v1/gen_video_status", waiting).json)["status"] != "completed":
        waiting["since"] = found["seq"]
    answer: dict[str, object] = server.data(TASK, id=task["id"])["videoTask"]
    return answer


def test_a_finished_video_and_its_thumbnail_are_served(server: Server) -> None:
    task = finished(server)
    video = task["video"]
    assert isinstance(video, dict)
    assert task["videoUrl"] == video["url"]
    found = server.get(str(task["videoUrl"]))
    assert (found.status, found.headers["content-type"]) == (200, "video/mp4")
    assert hashlib.sha256(found.body).hexdigest() == video["sha256"]
    assert len(found.body) == video["sizeBytes"]
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in found.headers["cache-control"]
    picture = server.get(str(task["thumbnailUrl"]))
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.body.startswith(b"\xff\xd8")


def test_a_video_is_saved_under_the_name_of_its_draft(server: Server) -> None:
    task = finished(server, "&name=" + quote('夏日/Sale "50%"'))
    found = server.get(str(task["videoUrl"]))
    name = "filename*=UTF-8''%E5%A4%8F%E6%97%A5%20Sale%20%2050%25.mp4"
    assert found.headers["content-disposition"] == f'inline; filename="Sale  50_.mp4"; {name}'
    head = server.request("HEAD", str(task["videoUrl"]).removeprefix(server.url))
    assert head.headers["content-disposition"] == found.headers["content-disposition"]
    assert "content-disposition" not in server.get(str(task["thumbnailUrl"])).headers


def test_a_video_of_a_draft_without_a_name_is_served_as_ever(server: Server, video_url: str) -> None:
    assert "content-disposition" not in server.get(video_url).headers


def part(server: Server, url: str, range_header: str) -> Answer:
    return server.get(url, {"range": range_header})


def test_a_video_is_served_in_parts(server: Server, video_url: str) -> None:
    whole = server.get(video_url)
    size = len(whole.body)
    assert whole.headers["accept-ranges"] == "bytes"
    for asked, first, last in (
        ("0-0", 0, 0),
        ("5-99", 5, 99),
        (f"{size - 10}-", size - 10, size - 1),
        ("-7", size - 7, size - 1),
    ):
        answer = part(server, video_url, f"bytes={asked}")
        assert answer.status == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.body == whole.body[first : last + 1]
    beyond = part(server, video_url, f"bytes={size}-")
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{size}")


def test_head_tells_the_size_and_sends_nothing(server: Server, video_url: str) -> None:
    whole = server.get(video_url)
    head = server.request("HEAD", video_url.removeprefix(server.url))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert head.headers["accept-ranges"] == "bytes"


def test_only_get_and_head_are_served(server: Server, video_url: str) -> None:
    assert server.request("DELETE", video_url.removeprefix(server.url)).status == 405
    assert server.get(video_url).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing.mp4",
        "videos",
        "videos/",
        "../draftcast.sqlite",
        "%2e%2e/draftcast.sqlite",
        "videos/../../draftcast.sqlite",
        "videos/%2e%2e/%2e%2e/draftcast.sqlite",
        "..%2fdraftcast.sqlite",
        "..%5cdraftcast.sqlite",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "a%00b",
        "%ff%fe",
        "x" * 5000,
        "a/" * 2000,
    ],
    ids=lambda path: path[:30],
)
def test_nothing_outside_the_storage_is_served(server: Server, path: str) -> None:
    answer = server.request("GET", f"/files/{path}")
    assert answer.status == 404
    assert b"SQLite" not in answer.body
