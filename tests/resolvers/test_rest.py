import re
from typing import Any

import pytest

from tests.support.server import Answer, Server

GEN_VIDEO = "/v1/gen_video"
STATUS = "/v1/gen_video_status"
FIELDS = [
    "draft_url",
    "status",
    "progress",
    "video_url",
    "error_message",
    "created_at",
    "started_at",
    "completed_at",
]
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ENGLISH = {"accept-language": "en-US,en;q=0.9"}


def submit(server: Server, draft_url: str) -> None:
    assert server.post(GEN_VIDEO, {"draft_url": draft_url}).status == 200


def status(server: Server, draft_url: str, **more: object) -> Any:
    answer = server.post(STATUS, {"draft_url": draft_url, **more})
    assert answer.status == 200, answer
    return answer.json


def ended(server: Server, draft_url: str) -> Any:
    """The status once it is final, asked for in the way that waits."""
    found = status(server, draft_url, since=0, wait_seconds=20)
    while found["status"] in ("pending", "processing"):
        found = status(server, draft_url, since=found["seq"], wait_seconds=20)
    return status(server, draft_url)


def reached(server: Server, draft_url: str, progress: int) -> Any:
    """The status once it is so far."""
    found = status(server, draft_url, since=0, wait_seconds=20)
    while found["progress"] < progress:
        found = status(server, draft_url, since=found["seq"], wait_seconds=20)
    return status(server, draft_url)


def cancel(server: Server, draft_url: str) -> None:
    task = server.data("query($url: URL!) { videoTask(draftUrl: $url) { id } }", url=draft_url)["videoTask"]
    server.data("mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }", id=task["id"])


@pytest.mark.parametrize("prefix", ["/v1", "/openapi/capcut-mate/v1"])
def test_a_draft_is_submitted_and_reported_as_documented(server: Server, prefix: str) -> None:
    draft_url = server.draft_url()
    submitted = server.post(f"{prefix}/gen_video", {"draft_url": draft_url})
    assert (submitted.status, submitted.json) == (
        200,
        {"message": "视频生成任务已提交，请使用draft_url查询进度"},
    )
    assert submitted.headers["content-type"] == "application/json"
    ended(server, draft_url)
    found = server.post(f"{prefix}/gen_video_status", {"draft_url": draft_url}).json
    assert list(found) == FIELDS
    assert (found["draft_url"], found["status"], found["progress"], found["error_message"]) == (
        draft_url,
        "completed",
        100,
        "",
    )
    assert all(UTC_TIME.fullmatch(found[name]) for name in ("created_at", "started_at", "completed_at"))
    assert found["created_at"] <= found["started_at"] <= found["completed_at"]
    assert found["video_url"].startswith(f"{server.url}/files/")


def test_a_running_and_a_waiting_task_have_empty_fields_as_documented(server: Server) -> None:
    running, other, waiting = (server.draft_url("hold") for _ in range(3))
    for draft_url in (running, other, waiting):
        submit(server, draft_url)
    found = reached(server, running, 70)
    assert list(found) == FIELDS
    assert (found["status"], found["video_url"], found["error_message"]) == ("processing", "", "")
    assert 10 <= found["progress"] <= 90
    assert found["started_at"] is not None
    assert found["completed_at"] is None
    reached(server, other, 70)
    found = status(server, waiting)
    assert list(found) == FIELDS
    assert (found["status"], found["progress"], found["video_url"], found["error_message"]) == ("pending", 0, "", "")
    assert (found["started_at"], found["completed_at"]) == (None, None)
    for draft_url in (waiting, running, other):
        cancel(server, draft_url)


def test_a_failed_task_has_progress_0_and_says_why_in_chinese_or_english(server: Server) -> None:
    draft_url = server.draft_url("fail")
    submit(server, draft_url)
    found = ended(server, draft_url)
    assert (found["status"], found["progress"], found["video_url"]) == ("failed", 0, "")
    assert found["error_message"] == "草稿为空。"
    assert found["completed_at"] is not None
    english = server.post(STATUS, {"draft_url": draft_url}, ENGLISH).json
    assert english["error_message"] == "The draft is empty."


def test_a_canceled_task_reads_as_failed_and_says_that_it_was_canceled(server: Server) -> None:
    draft_url = server.draft_url("hold")
    submit(server, draft_url)
    cancel(server, draft_url)
    found = status(server, draft_url)
    assert (found["status"], found["progress"], found["error_message"]) == ("failed", 0, "任务已取消。")
    assert server.post(STATUS, {"draft_url": draft_url}, ENGLISH).json["error_message"] == "The task was canceled."


def test_a_repeat_joins_the_active_task_and_starts_a_new_one_after_the_end(server: Server) -> None:
    draft_url = server.draft_url("hold")
    submit(server, draft_url)
    first = status(server, draft_url)["created_at"]
    submit(server, draft_url)
    count = "query($url: URL!) { videoTasks(filter: {draftUrl: $url}) { totalCount } }"
    assert server.data(count, url=draft_url)["videoTasks"]["totalCount"] == 1
    cancel(server, draft_url)
    submit(server, draft_url)
    assert server.data(count, url=draft_url)["videoTasks"]["totalCount"] == 2
    again = status(server, draft_url)
    assert again["status"] in ("pending", "processing")
    assert again["created_at"] >= first
    cancel(server, draft_url)


def test_invisible_characters_around_and_in_a_draft_url_do_not_matter(server: Server) -> None:
    draft_url = server.draft_url()
    submit(server, f" \ufeff{draft_url[:20]}\u200b{draft_url[20:]}\n")
    assert status(server, f"{draft_url}\u200d")["draft_url"] == draft_url
    ended(server, draft_url)


def test_the_number_of_active_tasks_is_told(server: Server) -> None:
    path = "/openapi/capcut-mate/v1/gen_video_active_count"
    before = server.get(path).json["count"]
    draft_url = server.draft_url("hold")
    submit(server, draft_url)
    answer = server.get(path)
    assert (answer.status, answer.json) == (200, {"count": before + 1})
    cancel(server, draft_url)
    assert server.get("/v1/gen_video_active_count").json == {"count": before}


def test_a_status_that_waits_answers_as_soon_as_the_task_has_changed(server: Server) -> None:
    draft_url = server.draft_url("gated")
    submit(server, draft_url)
    found = status(server, draft_url, since=0)
    assert list(found) == [*FIELDS, "seq"]
    progress = [found["progress"]]
    for _ in range(6):
        server.open_gate()
        found = status(server, draft_url, since=found["seq"], wait_seconds=20)
        progress.append(found["progress"])
    while found["status"] == "processing":
        found = status(server, draft_url, since=found["seq"], wait_seconds=20)
        progress.append(found["progress"])
    assert progress == sorted(progress)
    assert (found["status"], progress[-1]) == ("completed", 100)


def test_a_status_that_waits_answers_when_the_time_is_up(server: Server) -> None:
    draft_url = server.draft_url("hold")
    submit(server, draft_url)
    reached(server, draft_url, 75)
    seq = status(server, draft_url, since=0)["seq"]
    while (found := status(server, draft_url, wait_seconds=0.5))["seq"] != seq:  # the preview may come late
        seq = found["seq"]
    assert found["status"] == "processing"
    cancel(server, draft_url)


def test_a_status_does_not_wait_for_what_cannot_come(server: Server) -> None:
    draft_url = server.draft_url("hold")
    submit(server, draft_url)
    assert status(server, draft_url, since=2**31 - 1, wait_seconds=50)["status"] in ("pending", "processing")
    cancel(server, draft_url)
    assert status(server, draft_url, wait_seconds=50)["status"] == "failed"


URL = "http://a.b/get_draft?draft_id=1"


@pytest.mark.parametrize("path", [GEN_VIDEO, STATUS])
@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("{", "JSON"),
        ("[]", "JSON"),
        ("null", "JSON"),
        ('"x"', "JSON"),
        ("{}", "draft_url"),
        ('{"draftUrl": "http://a.b"}', "draft_url"),
        ('{"draft_url": null}', "draft_url"),
        ('{"draft_url": 5}', "draft_url"),
        ('{"draft_url": ["http://a.b"]}', "draft_url"),
        ('{"draft_url": ""}', "draft_url"),
        ('{"draft_url": "  \\u200b "}', "draft_url"),
        ('{"draft_url": "a.b/get_draft"}', "draft_url"),
        ('{"draft_url": "/get_draft?draft_id=1"}', "draft_url"),
        ('{"draft_url": "ftp://a.b/x"}', "draft_url"),
        ('{"draft_url": "http://"}', "draft_url"),
        ('{"draft_url": "http://[::1"}', "draft_url"),
        ('{"draft_url": "http://a.b:99999/"}', "draft_url"),
        ('{"draft_url": "http://a.b/\\ud800"}', "JSON"),
        ('{"draft_url": "http://a.b/\\nx"}', "draft_url"),
        ('{"draft_url": "http://a.b/%s"}' % ("x" * 3000), "draft_url"),
        ("9" * 10_000, "JSON"),
        ("[" * 30_000, "JSON"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_body_is_a_validation_error_that_names_the_field(
    server: Server, path: str, body: str, name: str
) -> None:
    json_type = {"content-type": "application/json; charset=utf-8"}
    answer = server.request("POST", path, body.encode(), json_type)
    check_error(answer, 400, "VALIDATION_ERROR", "请求参数验证失败")
    assert name in answer.json["error"]["details"]
    english = server.request("POST", path, body.encode(), json_type | ENGLISH).json["error"]
    assert name in english["details"]
    assert english["message"].isascii()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wait_seconds", -1),
        ("wait_seconds", 51),
        ("wait_seconds", "5"),
        ("wait_seconds", True),
        ("wait_seconds", [5]),
        ("since", -1),
        ("since", 1.5),
        ("since", "1"),
        ("since", 2**31),
        ("since", False),
    ],
)
def test_a_wrong_wait_is_a_validation_error_that_names_the_field(server: Server, name: str, value: object) -> None:
    answer = server.post(STATUS, {"draft_url": URL, name: value})
    check_error(answer, 400, "VALIDATION_ERROR", "请求参数验证失败")
    assert name in answer.json["error"]["details"]


def test_an_unknown_task_is_told_as_documented(server: Server) -> None:
    answer = server.post(STATUS, {"draft_url": server.draft_url()})
    assert answer.status == 404
    assert answer.json == {
        "error": {
            "code": "VIDEO_TASK_NOT_FOUND",
            "message": "视频生成任务未找到",
            "details": "指定的草稿URL没有对应的视频生成任务",
        }
    }


def test_requests_of_the_wrong_form_get_errors_of_the_same_shape(server: Server) -> None:
    body = b'{"draft_url": "http://a.b"}'
    for method, path, allowed in (("GET", STATUS, "POST"), ("PUT", GEN_VIDEO, "POST"), ("DELETE", GEN_VIDEO, "POST")):
        answer = server.request(method, path, body, {"content-type": "application/json"})
        check_error(answer, 405, "METHOD_NOT_ALLOWED", "请求方法不被允许")
        assert answer.headers["allow"] == allowed
    assert "GET" in server.post("/v1/gen_video_active_count", {}).headers["allow"]
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        headers = {"content-type": content_type} if content_type else {}
        answer = server.request("POST", GEN_VIDEO, body, headers)
        check_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE", "不支持的内容类型")
    answer = server.post(STATUS, {"draft_url": "x" * 70_000})
    check_error(answer, 413, "PAYLOAD_TOO_LARGE", "请求体过大")
    for path in ("/v1/nothing", "/openapi/capcut-mate/v1/gen_video/more"):
        check_error(server.post(path, {}), 404, "NOT_FOUND", "接口不存在")


def check_error(answer: Answer, code: int, name: str, message: str) -> None:
    assert answer.status == code, answer
    assert list(answer.json) == ["error"]
    assert list(answer.json["error"]) == ["code", "message", "details"]
    assert (answer.json["error"]["code"], answer.json["error"]["message"]) == (name, message)
    assert answer.json["error"]["details"]
