"""Row 4: a draft URL that leads back to this server makes it ask itself nothing, however it is spelled."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.support.server import Server, serving

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { code } } }"
SPELLINGS = ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "user:pw@127.0.0.1", "127.0.0.1."]
PATHS = ["/v1/gen_video_active_count", "/graphql", "/files/x", "/sample/../graphql", "/drafts"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server that renders with its own exporter; nothing inside is allowed to it."""
    with serving(tmp_path_factory.mktemp("own"), exporter="", render_slots="2") as server:
        yield server


def outcome(server: Server, url: str) -> tuple[str, str]:
    """How a submit of the URL ends: its status, and the code of its error."""
    task = server.data(SUBMIT, url=url)["submitVideoTask"]["task"]["id"]
    asked: dict[str, Any] = {"draft_url": url, "wait_seconds": 25}
    while server.post("/v1/gen_video_status", asked).json["status"] in ("pending", "processing"):
        continue
    found = server.data("query($id: ID!) { videoTask(id: $id) { status error { code } } }", id=task)["videoTask"]
    return found["status"], found["error"]["code"]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_server_is_fetched_from(own: Server, host: str) -> None:
    assert outcome(own, f"http://{host}:{own.port}/v1/gen_video_active_count") == ("FAILED", "DRAFT_URL_REFUSED")


@pytest.mark.parametrize("path", PATHS)
def test_no_path_but_those_of_drafts_is_fetched_from(own: Server, path: str) -> None:
    status, code = outcome(own, own.url + path)
    assert status == "FAILED"
    assert code in ("DRAFT_URL_REFUSED", "DRAFT_NOT_FOUND", "DRAFT_INVALID")


def test_the_draft_that_comes_with_the_server_is_fetched_from_it(own: Server) -> None:
    url = own.data("{ service { sampleDraftUrl } }")["service"]["sampleDraftUrl"]
    assert own.data("query($url: URL!) { draftReport(draftUrl: $url) { error { code } } }", url=url) == {
        "draftReport": {"error": None}
    }
