import re
from pathlib import Path

import pytest

from draftcast.app import create_app
from services.drafts.sample import SAMPLE_DRAFT_ID, sample_files
from services.environment import ASSETS_DIR
from services.settings import load
from tests.support.listening import listening
from tests.support.programs import S3_KEYS
from tests.support.server import Server


def test_the_page_is_served_under_a_policy_without_inline_code(server: Server) -> None:
    page = server.get("/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert "unsafe" not in page.headers["content-security-policy"]
    own = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert own
    for address in own:
        assert server.get(address).status == 200, address
    assert not re.search(rb"<script(?![^>]*src)|<style|style=|://", page.body)


def test_videos_and_streams_may_come_from_the_public_address_and_from_where_that_sends_on_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    s3 = {"files_url": "s3://films/made", "files_endpoint": "https://store.example", "files_region": "x"}
    for files, sources in (({}, ""), (s3, " https://store.example")):
        settings = load(public_url="https://video.example:8443", data_dir=tmp_path, **files)
        with listening(create_app(settings, work=False)) as port:
            policy = Server(port, tmp_path).get("/").headers["content-security-policy"]
        assert f"img-src 'self' https://video.example:8443{sources};" in policy
        assert f"media-src 'self' https://video.example:8443{sources} blob:;" in policy
        assert f"connect-src 'self' https://video.example:8443{sources};" in policy


def test_the_sample_is_listed_as_capcut_mate_lists_drafts_and_its_files_are_served(server: Server) -> None:
    listed = server.get(f"/sample/get_draft?draft_id={SAMPLE_DRAFT_ID}")
    assert list(listed.json) == ["code", "message", "files"]
    assert (listed.json["code"], listed.json["message"]) == (0, "成功")
    names = [url.removeprefix(f"{server.url}/sample/output/draft/{SAMPLE_DRAFT_ID}/") for url in listed.json["files"]]
    assert tuple(names) == sample_files()
    for url in listed.json["files"]:
        assert server.get(url).status == 200


def test_an_unknown_sample_is_refused_as_capcut_mate_does(server: Server) -> None:
    for path in ("/sample/get_draft", "/sample/get_draft?draft_id=20261101120000c0ffee02"):
        answer = server.get(path)
        assert (answer.status, answer.json["code"]) == (200, 2001)


def test_nothing_outside_the_sample_is_served(server: Server) -> None:
    for path in ("../records.py", "%2e%2e/records.py", "assets/../../records.py"):
        answer = server.get(f"/sample/output/draft/{SAMPLE_DRAFT_ID}/{path}")
        assert answer.status == 404


def test_graphiql_is_served_when_it_is_there(server: Server) -> None:
    page = server.get("/graphiql/")
    if (ASSETS_DIR / "graphiql").is_dir():
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    else:
        assert (page.status, b"make setup" in page.body) == (404, True)


def test_graphiql_can_be_switched_off(tmp_path: Path) -> None:
    with listening(create_app(load(graphiql=False)), lifespan=False) as port:
        server = Server(port, tmp_path)
        assert server.get("/graphiql/").status == 404
        assert b"graphiql" not in server.get("/").body.lower()


def test_unknown_paths_are_not_found(server: Server) -> None:
    assert server.get("/nothing").status == 404
