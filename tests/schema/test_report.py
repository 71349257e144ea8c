"""`draftReport` through a running server. Its exporter is a foreign one: our own renderer makes the reports anyhow."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.drafts import DraftBuilder
from tests.support.media import tone
from tests.support.server import Server, serving
from tests.support.servers import DraftServer

pytestmark = pytest.mark.slow  # each report is a process
QUERY = """query($url: URL!) { draftReport(draftUrl: $url) {
  draftUrl renderable width height durationSeconds frameRate tracks segments materials
  exactLooks nearLooks leftOutLooks designedSeconds
  warnings { code message chinese: message(locale: ZH) segmentId materialName effectId }
  error { code message chinese: message(locale: ZH) hint retryable stage materialUrl segmentId }
} }"""
SECOND = 1_000_000
SLIDESHOW = Path(__file__).parent.parent / "drafts" / "slideshow_captions.json"


@pytest.fixture(scope="module")
def drafts() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, drafts: DraftServer) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), allow_hosts=drafts.host) as running:
        yield running


def ask(server: Server, url: str) -> Any:
    """The report; nothing is queued for it, and nothing of it is left."""
    report = server.data(QUERY, url=url)["draftReport"]
    assert report["draftUrl"] == url
    assert report["renderable"] == (report["error"] is None)
    assert server.data("{ videoTasks { totalCount } }") == {"videoTasks": {"totalCount": 0}}
    assert list((server.folder / "data" / "work").iterdir()) == []
    return report


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


def test_a_good_draft_has_facts_and_no_warnings(server: Server) -> None:
    url = f"{server.url}/sample/get_draft?draft_id=20261101120000c0ffee01"
    assert ask(server, url) == {
        "draftUrl": url, "renderable": True, "width": 1280, "height": 720, "durationSeconds": 6.0,
        "frameRate": 30.0, "tracks": 4, "segments": 6, "materials": 6,
        "exactLooks": 0, "nearLooks": 0, "leftOutLooks": 0, "designedSeconds": 6.0,
        "warnings": [], "error": None,
    }  # fmt: skip


def test_what_would_be_lost_is_told_in_both_languages(server: Server, drafts: DraftServer, tmp_path: Path) -> None:
    draft = json.loads(SLIDESHOW.read_text())
    draft["materials"]["transitions"][0] |= {"name": "谁也不认识", "effect_id": "1", "resource_id": "1"}
    draft["materials"]["material_animations"][0]["animations"][0] |= {"name": "没人见过", "id": "1", "resource_id": "1"}
    content = json.dumps(draft)
    paths = set(re.findall(r"/app/output/draft/\w+/(assets/[^\"]+)", content))
    sound = tone(tmp_path / "sound.mp3", 440, 7)
    files = {path: sound if path.endswith(".mp3") else picture() for path in paths}
    report = ask(server, drafts.add_draft("slideshow", content, files))
    assert (report["renderable"], report["width"], report["height"]) == (True, 1080, 1920)
    assert [warning["materialName"] for warning in report["warnings"]] == ["谁也不认识", "没人见过"]
    for warning in report["warnings"]:
        assert warning["message"] != warning["chinese"]
        assert warning["segmentId"]


def test_a_missing_material_is_named(server: Server, drafts: DraftServer) -> None:
    draft = DraftBuilder().photo(f"{drafts.base}/gone.png", 0, SECOND)
    report = ask(server, drafts.add_draft("gone", draft.json()))
    error = report["error"]
    assert (error["code"], error["stage"], error["retryable"]) == ("MATERIAL_UNREACHABLE", "PREPARING", True)
    assert (error["materialUrl"], error["segmentId"]) == (f"{drafts.base}/gone.png", draft.last["id"])
    assert (report["durationSeconds"], report["materials"]) == (1.0, 1)


def test_a_bad_draft_has_an_error_and_no_facts(server: Server, drafts: DraftServer) -> None:
    for name, content, code in (
        ("page", "<html>not a draft</html>", "DRAFT_INVALID"),
        ("empty", DraftBuilder().json(), "DRAFT_EMPTY"),
    ):
        report = ask(server, drafts.add_draft(name, content))
        assert (report["error"]["code"], report["error"]["stage"]) == (code, "PARSING_DRAFT")
        assert report["error"]["hint"]
        assert report["width"] is report["segments"] is None


def test_an_inside_address_is_refused(server: Server) -> None:
    assert ask(server, "http://127.0.0.1:1/x")["error"]["code"] == "DRAFT_URL_REFUSED"


def test_what_is_no_url_is_an_input_error(server: Server) -> None:
    (error,) = server.graphql(QUERY, url="nothing")["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_too_many_at_once_are_refused_one_by_one(server: Server) -> None:
    asked = " ".join(f'r{number}: draftReport(draftUrl: "http://10.0.0.1/") {{ renderable }}' for number in range(11))
    result = server.graphql(f"{{ {asked} }}")
    assert [error["extensions"]["code"] for error in result["errors"]] == ["QUEUE_FULL"]
    assert result["data"] is None
