"""Rows 16 and 21: pages of other origins change and read nothing, and no answer runs as a page."""

from collections.abc import Generator

import pytest

from draftcast.app import create_app
from services.environment import ASSETS_DIR
from services.errors import SettingsError
from services.settings import load
from tests.support.listening import listening
from tests.support.server import Server

FOREIGN = "https://evil.example"
FRIEND = "https://app.example"
MUTATION = {"query": 'mutation { cancelVideoTask(id: "x") { errors { code } } }'}
PAGE_HEADERS = ("x-frame-options", "referrer-policy", "permissions-policy")


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://127.0.0.1:1", "http://127.0.0.1"])
@pytest.mark.parametrize("path", ["/graphql", "/v1/gen_video", "/openapi/capcut-mate/v1/gen_video"])
def test_a_post_of_a_foreign_page_is_refused(server: Server, origin: str, path: str) -> None:
    answer = server.post(path, MUTATION, {"origin": origin})
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_this_server_may_ask(server: Server) -> None:
    assert server.post("/graphql", {"query": "{ __typename }"}, {"origin": server.url}).status == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_can_send_changes_nothing(server: Server, content_type: str) -> None:
    for path in ("/graphql", "/v1/gen_video"):
        answer = server.request("POST", path, b'{"query": "mutation { x }"}', {"content-type": content_type})
        assert answer.status in (400, 415)


def test_nothing_is_changed_by_get(server: Server) -> None:
    assert server.get("/graphql?query=mutation{x}").status >= 400


@pytest.mark.parametrize("path", ["/", "/graphiql/", "/page/video-task.js", "/nothing", "/files/nothing.mp4"])
def test_every_answer_has_the_headers(server: Server, path: str) -> None:
    answer = server.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.headers["content-type"].startswith("text/html"):
        assert [name for name in PAGE_HEADERS if name not in answer.headers] == []
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy.replace("script-src 'self';", "")
    assert policy.startswith(("default-src 'none'", "default-src 'self'"))


@pytest.mark.parametrize("query", ["{ __typename }", "{ queue { pending } }", "mutation { x }"])
def test_data_is_never_taken_for_a_document(server: Server, query: str) -> None:
    for _ in range(2):  # the second time it may be answered from memory
        answer = server.post("/graphql", {"query": query})
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_pages_hold_no_inline_code(server: Server) -> None:
    for path in ("/", *(["/graphiql/"] if (ASSETS_DIR / "graphiql").is_dir() else [])):
        text = server.get(path).body.decode()
        assert "<script>" not in text
        assert "onerror=" not in text
    assert "unsafe" not in server.get("/").headers["content-security-policy"]


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server whose operator has named an origin; it answers without services."""
    with listening(create_app(load(origins=(FRIEND,))), lifespan=False) as port:
        yield Server(port, tmp_path_factory.mktemp("friendly"))


def test_a_page_of_a_named_origin_may_ask_and_read(friendly: Server) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,authorization"}
    preflight = friendly.request("OPTIONS", "/graphql", None, {"origin": FRIEND, **asked})
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, FRIEND)
    assert "access-control-allow-credentials" not in preflight.headers
    assert friendly.get("/openapi.json", {"origin": FRIEND}).headers["access-control-allow-origin"] == FRIEND


def test_a_page_of_another_origin_may_not(friendly: Server) -> None:
    asked = {"origin": FOREIGN, "access-control-request-method": "POST"}
    assert friendly.request("OPTIONS", "/graphql", None, asked).status == 400
    assert "access-control-allow-origin" not in friendly.get("/openapi.json", {"origin": FOREIGN}).headers
    assert friendly.post("/graphql", MUTATION, {"origin": FOREIGN}).status == 403


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/", "*", "ftp://app.example"])
def test_a_wrong_origin_stops_the_start(origin: str) -> None:
    with pytest.raises(SettingsError, match="DRAFTCAST_ORIGINS"):
        load(origins=(origin,))
