import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.server import Server, serving

PREFIX = "/openapi/capcut-mate/v1"
ENGLISH = {"accept-language": "en"}
SHANGHAI = timedelta(hours=8)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    folder = tmp_path_factory.mktemp("capcut-mate")
    with serving(folder, timezone="Asia/Shanghai", rest_envelope="capcut-mate", max_queued="2") as running:
        yield running


def post(server: Server, name: str, body: object, headers: dict[str, str] | None = None) -> Any:
    answer = server.post(f"{PREFIX}/{name}", body, headers)
    assert answer.status == 200, answer
    return answer.json


def test_successes_carry_code_0_and_a_message(server: Server) -> None:
    draft_url = server.draft_url()
    assert post(server, "gen_video", {"draft_url": draft_url}) == {
        "code": 0,
        "message": "视频生成任务已提交，请使用draft_url查询进度",
    }
    found = post(server, "gen_video_status", {"draft_url": draft_url, "since": 0, "wait_seconds": 20})
    while found["status"] != "completed":
        found = post(server, "gen_video_status", {"draft_url": draft_url, "since": found["seq"], "wait_seconds": 20})
    found = post(server, "gen_video_status", {"draft_url": draft_url})
    assert list(found)[:4] == ["code", "message", "draft_url", "status"]
    assert (found["code"], found["message"], found["progress"]) == (0, "成功", 100)
    assert post(server, "gen_video_status", {"draft_url": draft_url}, ENGLISH)["message"] == "Success"
    assert server.get(f"{PREFIX}/gen_video_active_count").json == {"code": 0, "message": "成功", "count": 0}


def test_times_are_local_and_have_no_offset(server: Server) -> None:
    draft_url = server.draft_url()
    post(server, "gen_video", {"draft_url": draft_url})
    local = post(server, "gen_video_status", {"draft_url": draft_url})["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?", local)
    task = server.data("query($url: URL!) { videoTask(draftUrl: $url) { createdAt } }", url=draft_url)["videoTask"]
    utc = datetime.fromisoformat(task["createdAt"]).replace(tzinfo=None)
    assert datetime.fromisoformat(local) == utc + SHANGHAI


@pytest.mark.parametrize(
    ("body", "code", "chinese", "english"),
    [
        ({}, 1001, r"参数校验失败\(.*draft_url.*\)", r"Parameter validation failed\(.*draft_url.*\)"),
        ([], 1001, r"参数校验失败\(.+\)", r"Parameter validation failed\(.+\)"),
        ({"draft_url": 5}, 1001, r"参数校验失败\(.*draft_url.*\)", r"Parameter validation failed\(.*draft_url.*\)"),
        ({"draft_url": "nonsense"}, 2001, "无效的草稿URL", "Invalid draft URL"),
        ({"draft_url": "http://a.b/unknown"}, 2031, "视频生成任务未找到", "Video generation task not found"),
    ],
)
def test_errors_are_http_200_with_a_number(server: Server, body: object, code: int, chinese: str, english: str) -> None:
    for headers, message in ((None, chinese), (ENGLISH, english)):
        answer = post(server, "gen_video_status", body, headers)
        assert list(answer) == ["code", "message"]
        assert answer["code"] == code
        assert re.fullmatch(message, answer["message"])


def test_requests_of_the_wrong_form_are_http_200_too(server: Server) -> None:
    wrong_method = server.get(f"{PREFIX}/gen_video")
    wrong_path = server.get(f"{PREFIX}/nothing")
    wrong_type = server.request("POST", f"{PREFIX}/gen_video", b"{}", {"content-type": "text/plain"})
    for answer, code in ((wrong_method, 405), (wrong_path, 404), (wrong_type, 1001)):
        assert (answer.status, answer.json["code"]) == (200, code)


def test_a_full_queue_is_told(server: Server) -> None:
    held = [server.draft_url("hold") for _ in range(4)]
    for draft_url in held[:3]:
        assert post(server, "gen_video", {"draft_url": draft_url})["code"] == 0
        started(server, held[0])
    answer = post(server, "gen_video", {"draft_url": held[3]})
    assert (answer["code"], answer["message"]) == (2030, "视频生成任务提交失败")
    submit = "submitVideoTask(input: {draftUrl: $url}) { task { id } created errors { code path } }"
    answer = server.data(f"mutation($url: URL!) {{ {submit} }}", url=held[3])
    assert answer["submitVideoTask"] == {
        "task": None,
        "created": False,
        "errors": [{"code": "QUEUE_FULL", "path": None}],
    }
    assert server.data("{ service { acceptingTasks } }") == {"service": {"acceptingTasks": False}}


def started(server: Server, draft_url: str) -> None:
    found = post(server, "gen_video_status", {"draft_url": draft_url, "since": 0, "wait_seconds": 20})
    while found["status"] == "pending":
        found = post(server, "gen_video_status", {"draft_url": draft_url, "since": found["seq"], "wait_seconds": 20})
