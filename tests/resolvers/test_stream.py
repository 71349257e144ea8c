"""The stream of a task over HTTP: its playlist grows while the task runs, and ends with it."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import pytest

from tests.support.server import Server, serving
from tests.support.site import wait_until

TASK = "query($id: ID!) { videoTask(id: $id) { status stage streamUrl videoUrl } }"
GATES_TO_EXPORTING = 4
BEGIN = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0
#EXT-X-MAP:URI="init.mp4"
#EXTINF:0.400000,
0.m4s
#EXTINF:0.400000,
1.m4s
"""


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server for exporters that wait."""
    with serving(tmp_path_factory.mktemp("stream")) as running:
        yield running


def submitted(server: Server, **query: str) -> str:
    submit = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id streamUrl } } }"
    url = server.draft_url("stream") + "".join(f"&{name}={quote(value)}" for name, value in query.items())
    task = server.data(submit, url=url)["submitVideoTask"]["task"]
    assert task["streamUrl"] is None
    return str(task["id"])


def task(server: Server, task_id: str) -> dict[str, Any]:
    return dict(server.data(TASK, id=task_id)["videoTask"])


def files_of(playlist: bytes) -> tuple[str, list[str]]:
    """A playlist without the writer in names of files, and those files in order."""
    names = re.findall(r"[\w-]+\.(?:mp4|m4s)", playlist.decode())
    return re.sub(r"-\w+(?=\.(?:mp4|m4s))", "", playlist.decode()), names


def announced(server: Server, task_id: str, fragments: int = 2) -> str:
    """The URL of the playlist once it has so many fragments."""
    server.open_gate(GATES_TO_EXPORTING)

    def found() -> bool:
        url = task(server, task_id)["streamUrl"]
        return bool(url) and server.get(url).body.count(b".m4s") >= fragments

    wait_until(found)
    return str(task(server, task_id)["streamUrl"])


def test_the_playlist_grows_in_order_and_becomes_that_of_the_whole_video(gated: Server) -> None:
    task_id = submitted(gated)
    url = announced(gated, task_id)
    playlist = gated.get(url)
    assert (playlist.status, playlist.headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
    assert playlist.headers["cache-control"] == "no-cache"
    text, names = files_of(playlist.body)
    assert text == BEGIN
    assert gated.get(urljoin(url, names[0])).body == b"the beginning"
    fragment = gated.get(urljoin(url, names[2]))
    assert (fragment.body, fragment.headers["content-type"]) == (b"1", "video/mp4")
    assert "immutable" in fragment.headers["cache-control"]
    gated.open_gate(2)
    wait_until(lambda: task(gated, task_id)["status"] == "COMPLETED")
    whole = gated.get(task(gated, task_id)["streamUrl"])
    end = "#EXTINF:0.200000,\n2.m4s\n#EXT-X-ENDLIST\n"
    text, more = files_of(whole.body)
    assert text == BEGIN.replace("EVENT", "VOD") + end
    assert more[:3] == names
    assert gated.get(urljoin(url, more[3])).body == b"2"


def test_the_playlist_of_a_canceled_task_ends_and_its_fragments_go(gated: Server) -> None:
    task_id = submitted(gated)
    url = announced(gated, task_id)
    first = urljoin(url, files_of(gated.get(url).body)[1][1])
    assert gated.get(first).status == 200
    gated.data("mutation($id: ID!) { cancelVideoTask(id: $id) { task { status } } }", id=task_id)
    wait_until(lambda: gated.get(first).status == 404)
    assert task(gated, task_id)["streamUrl"] is None
    ended, _ = files_of(gated.get(url).body)
    assert ended.endswith("#EXT-X-GAP\n1.m4s\n#EXT-X-ENDLIST\n")
    assert ended.count("#EXT-X-GAP") == 2


def test_a_retry_has_a_stream_of_its_own(gated: Server) -> None:
    task_id = submitted(gated)
    before = announced(gated, task_id)
    gated.data("mutation($id: ID!) { cancelVideoTask(id: $id) { task { status } } }", id=task_id)
    gated.data("mutation($id: ID!) { retryVideoTask(id: $id) { task { streamUrl } } }", id=task_id)
    after = announced(gated, task_id)
    assert after != before
    assert gated.get(before).status == 404
    gated.open_gate(2)
    wait_until(lambda: task(gated, task_id)["status"] == "COMPLETED")


def test_a_fragment_from_outside_the_folder_ends_the_stream_and_not_the_task(gated: Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    task_id = submitted(gated, fragment=str(secret))
    gated.open_gate(GATES_TO_EXPORTING + 2)
    wait_until(lambda: task(gated, task_id)["status"] == "COMPLETED")
    found = task(gated, task_id)
    assert found["videoUrl"]
    assert found["streamUrl"] is None
    wait_until(lambda: not (gated.folder / "data" / "files" / "videos" / task_id / "stream1").exists())


@pytest.mark.parametrize("name", ["stream1/stream.m3u8", "stream2/stream.m3u8", "stream/stream.m3u8"])
def test_there_is_no_playlist_without_a_stream(gated: Server, name: str) -> None:
    assert gated.get(f"/files/videos/{'0' * 32}/{name}").status == 404
