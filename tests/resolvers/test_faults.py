"""What clients are told when the service itself is broken: a real database server that has stopped."""

import logging
from collections.abc import Generator
from pathlib import Path

import pytest

from draftcast.app import create_app
from services.settings import load
from tests.support.listening import listening
from tests.support.programs import postgres_server
from tests.support.server import Server
from tests.support.subscriber import subscriber

URL = "http://a.b/get_draft?draft_id=1"
SECRETS = ("psycopg", "connection", "5432", "refused", "Error:", "Traceback")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server whose database has gone since it started."""
    folder = tmp_path_factory.mktemp("broken")
    with postgres_server() as database:
        settings = load(data_dir=folder, database_url=database.database())
        with listening(create_app(settings, work=False)) as port:
            server = Server(port, folder)
            assert server.get("/").status == 200
            database.stop()
            yield server


def test_a_status_query_that_fails_is_told_as_documented(broken: Server) -> None:
    answer = broken.post("/v1/gen_video_status", {"draft_url": URL})
    error = answer.json["error"]
    assert (answer.status, error["code"], error["message"]) == (
        500,
        "VIDEO_STATUS_QUERY_FAILED",
        "视频任务状态查询失败",
    )
    assert not any(secret in answer.body.decode() for secret in SECRETS)
    assert broken.get("/v1/gen_video_active_count").json["error"]["code"] == "VIDEO_STATUS_QUERY_FAILED"


def test_a_submit_that_cannot_be_stored_is_a_503(broken: Server) -> None:
    answer = broken.post("/v1/gen_video", {"draft_url": URL}, {"accept-language": "en"})
    assert (answer.status, answer.json["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "try again" in answer.json["error"]["details"]
    assert "retry-after" in answer.headers
    assert not any(secret in answer.body.decode() for secret in SECRETS)


@pytest.mark.parametrize(
    "query",
    [
        "{ queue { pending } }",
        'mutation { cancelVideoTask(id: "x") { errors { code } } }',
        f'mutation {{ submitVideoTask(input: {{draftUrl: "{URL}"}}) {{ created errors {{ code }} }} }}',
        'subscription { videoTaskProgress(id: "x") { seq } }',
        "subscription { videoTaskFeed { __typename } }",
    ],
)
def test_graphql_tells_of_an_absent_store_at_the_top_level(broken: Server, query: str) -> None:
    results = [] if query.startswith("subscription") else [broken.graphql(query)]
    with subscriber(f"ws://127.0.0.1:{broken.port}/graphql") as client:
        client.subscribe(query)
        message = client.receive()
    results.append({"errors": message["payload"]} if message["type"] == "error" else message["payload"])
    for result in results:
        assert [error["extensions"] for error in result["errors"]] == [{"code": "UNAVAILABLE"}]
        assert not any(secret in str(result) for secret in SECRETS)


def test_an_unexpected_exception_is_logged_and_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without its lifespan the application has no services, so that every resolver fails."""
    with caplog.at_level(logging.ERROR), listening(create_app(load(data_dir=tmp_path)), lifespan=False) as port:
        answer = Server(port, tmp_path).post("/v1/gen_video", {"draft_url": URL})
    assert answer.status == 500
    assert answer.json == {"error": {"code": "INTERNAL_ERROR", "message": "系统内部错误", "details": "系统内部错误"}}
    assert "'services'" in caplog.text
