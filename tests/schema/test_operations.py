"""Queries and mutations over HTTP, on the real server."""

import json
import re
from typing import Any

import pytest

from tests.support.server import Answer, Server
from tests.support.subscriber import subscriber

UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SUBMIT = """mutation($input: SubmitVideoTaskInput!) { submitVideoTask(input: $input) {
  task { id draftUrl status stage progress priority metadata attempt seq canCancel canRetry }
  created errors { code message path }
} }"""
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { id status seq } errors { code message path } } }"
RETRY = "mutation($id: ID!) { retryVideoTask(id: $id) { task { id status attempt seq } errors { code message path } } }"
FOLLOW = "subscription($id: ID!, $after: Int) { videoTaskProgress(id: $id, after: $after) { seq status stage } }"
PAGE = """query(
  $first: Int, $after: String, $last: Int, $before: String, $filter: VideoTaskFilter, $order: VideoTaskOrder
) {
  videoTasks(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    edges { cursor node { id } } nodes { id } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


def submit(server: Server, **wish: object) -> Any:
    return server.data(SUBMIT, input=wish)["submitVideoTask"]


def submitted(server: Server, act: str = "render", **wish: object) -> Any:
    answer = submit(server, draftUrl=server.draft_url(act), **wish)
    assert answer["errors"] == []
    return answer["task"]


def ended(server: Server, task_id: str) -> None:
    with subscriber(server.socket_url) as client:
        client.subscribe(FOLLOW, id=task_id)
        assert list(client.rest())


def test_a_submitted_task_is_found_by_id_url_and_node(server: Server) -> None:
    task = submitted(server, "hold", priority=5, metadata={"order": [7, None], "名": "值"})
    assert (task["status"], task["stage"], task["progress"]) == ("PENDING", "QUEUED", 0)
    assert (task["priority"], task["metadata"], task["seq"]) == (5, {"order": [7, None], "名": "值"}, 1)
    assert (task["canCancel"], task["canRetry"]) == (True, False)
    for query in ("videoTask(id: $id) { id }", "node(id: $id) { __typename id ... on VideoTask { draftUrl } }"):
        assert [found["id"] for found in server.data(f"query($id: ID!) {{ {query} }}", id=task["id"]).values()] == [
            task["id"]
        ]
    by_url = server.data("query($url: URL!) { videoTask(draftUrl: $url) { id } }", url=task["draftUrl"] + "\u200b")
    assert by_url["videoTask"]["id"] == task["id"]
    server.data(CANCEL, id=task["id"])


def test_what_does_not_exist_is_null(server: Server) -> None:
    assert server.data('{ videoTask(id: "x") { id } node(id: "x") { id } }') == {"videoTask": None, "node": None}
    assert server.data('{ videoTask(draftUrl: "http://a.b/never") { id } }') == {"videoTask": None}


def test_a_task_is_asked_for_by_exactly_one_of_id_and_url(server: Server) -> None:
    for arguments in ("", "(id: null)", '(id: "x", draftUrl: "http://a.b")'):
        result = server.graphql(f"{{ videoTask{arguments} {{ id }} }}")
        assert result["data"] == {"videoTask": None}
        assert result["errors"][0]["extensions"] == {"code": "INVALID_INPUT"}
        assert result["errors"][0]["path"] == ["videoTask"]


def test_a_finished_task_shows_all_that_is_known(server: Server) -> None:
    task = submitted(server)
    ended(server, task["id"])
    found = server.data(
        """query($id: ID!) { videoTask(id: $id) {
          status stage progress queuePosition estimatedCompletionAt previewUrl errorMessage error { code }
          createdAt startedAt completedAt updatedAt attempt maxAttempts seq canCancel canRetry
          stages { stage startedAt completedAt done total unit }
          video { url expiresAt width height durationSeconds frameRate sizeBytes sha256 } videoUrl thumbnailUrl
          warnings { code message chinese: message(locale: ZH) segmentId }
        } }""",
        id=task["id"],
    )["videoTask"]
    assert (found["status"], found["stage"], found["progress"], found["attempt"]) == ("COMPLETED", "DONE", 100, 1)
    empty = ("queuePosition", "estimatedCompletionAt", "previewUrl", "errorMessage", "error")
    assert all(found[name] is None for name in empty)
    assert all(UTC_TIME.fullmatch(found[name]) for name in ("createdAt", "startedAt", "completedAt", "updatedAt"))
    assert (found["canCancel"], found["canRetry"]) == (False, False)
    stages = ["QUEUED", "STARTED", "PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE"]
    assert [row["stage"] for row in found["stages"]][: len(stages)] == stages
    assert all(row["completedAt"] for row in found["stages"][: len(stages)])
    exporting = found["stages"][5]
    assert (exporting["done"], exporting["total"], exporting["unit"]) == (12, 25, "FRAMES")
    video = found["video"]
    assert (video["width"], video["height"], video["durationSeconds"], video["frameRate"]) == (64, 36, 1.0, 25.0)
    assert video["url"] == found["videoUrl"]
    assert server.get(found["thumbnailUrl"]).headers["content-type"] == "image/jpeg"
    warning = {"code": "FONT_SUBSTITUTED", "message": "Another font.", "chinese": "字体已替换。", "segmentId": None}
    assert found["warnings"] == [warning]


def test_a_failed_task_says_why_in_both_languages_and_can_be_retried(server: Server) -> None:
    task = submitted(server, "fail")
    ended(server, task["id"])
    query = """query($id: ID!) { videoTask(id: $id) { status progress canRetry errorMessage
      error { code message hint chinese: message(locale: ZH) hinweis: hint(locale: ZH) retryable stage materialUrl }
    } }"""
    found = server.data(query, id=task["id"])["videoTask"]
    assert (found["status"], found["canRetry"], found["errorMessage"]) == ("FAILED", True, "The draft is empty.")
    assert found["progress"] < 100
    error = found["error"]
    assert (error["code"], error["retryable"], error["stage"]) == ("DRAFT_EMPTY", False, "PARSING_DRAFT")
    assert (error["message"], error["chinese"]) == ("The draft is empty.", "草稿为空。")
    assert error["hint"]
    assert error["hinweis"] != error["hint"]
    retried = server.data(RETRY, id=task["id"])["retryVideoTask"]
    assert (retried["errors"], retried["task"]["id"], retried["task"]["status"]) == ([], task["id"], "PENDING")
    with subscriber(server.socket_url) as client:
        client.subscribe(FOLLOW, id=task["id"], after=retried["task"]["seq"])
        assert list(client.rest())[-1]["videoTaskProgress"]["status"] == "FAILED"
    assert server.data("query($id: ID!) { videoTask(id: $id) { attempt } }", id=task["id"])["videoTask"]["attempt"] == 2


def test_a_running_task_shows_its_preview_and_its_place_in_the_queue(server: Server) -> None:
    held = [submitted(server, "hold") for _ in range(4)]
    query = "query($id: ID!) { videoTask(id: $id) { status queuePosition previewUrl seq } }"
    with subscriber(server.socket_url) as client:
        client.subscribe(
            "subscription($id: ID!) { videoTaskProgress(id: $id) { task { previewUrl } } }", id=held[0]["id"]
        )
        while not (url := client.next()["videoTaskProgress"]["task"]["previewUrl"]):
            pass
    picture = server.get(url)
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.headers["cache-control"] == "no-cache"
    with subscriber(server.socket_url) as client:
        client.subscribe("subscription($id: ID!) { videoTaskProgress(id: $id) { status } }", id=held[1]["id"])
        while client.next()["videoTaskProgress"]["status"] == "PENDING":
            pass
    positions = [server.data(query, id=task["id"])["videoTask"]["queuePosition"] for task in held]
    assert positions == [None, None, 1, 2]
    for task in reversed(held):
        server.data(CANCEL, id=task["id"])
    while server.get(url).status != 404:  # it goes with the attempt, which is being stopped
        pass


def test_a_repeat_gives_the_same_task_while_it_is_active(server: Server) -> None:
    draft_url = server.draft_url("hold")
    first = submit(server, draftUrl=draft_url)
    again = submit(server, draftUrl=draft_url)
    assert (first["created"], again["created"]) == (True, False)
    assert again["task"]["id"] == first["task"]["id"]
    server.data(CANCEL, id=first["task"]["id"])


def test_an_idempotency_key_gives_the_same_task_for_ever_and_refuses_other_input(server: Server) -> None:
    draft_url = server.draft_url("fail")
    first = submit(server, draftUrl=draft_url, idempotencyKey=draft_url)
    ended(server, first["task"]["id"])
    again = submit(server, draftUrl=draft_url, idempotencyKey=draft_url)
    assert (again["created"], again["task"]["id"]) == (False, first["task"]["id"])
    other = submit(server, draftUrl=server.draft_url(), idempotencyKey=draft_url)
    assert other["task"] is None
    assert other["errors"][0]["code"] == "IDEMPOTENCY_CONFLICT"
    assert other["errors"][0]["path"] == ["input", "idempotencyKey"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idempotencyKey", ""),
        ("idempotencyKey", "x" * 257),
        ("priority", 1001),
        ("expiresInSeconds", 0),
        ("expiresInSeconds", 2**31 - 1),
        ("metadata", {"x": "x" * 20_000}),
    ],
)
def test_what_the_caller_can_mend_is_data(server: Server, name: str, value: object) -> None:
    answer = submit(server, draftUrl=server.draft_url(), **{name: value})
    assert (answer["task"], answer["created"]) == (None, False)
    assert [(error["code"], error["path"]) for error in answer["errors"]] == [("INVALID_INPUT", ["input", name])]
    assert name in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({}, "draftUrl"),
        ({"draftUrl": None}, "draftUrl"),
        ({"draftUrl": "nonsense"}, "http"),
        ({"draftUrl": "http://a.b/" + "x" * 3000}, "2048"),
        ({"draftUrl": "http://a.b", "metadata": [1]}, "object"),
        ({"draftUrl": "http://a.b", "priority": "high"}, "high"),
        ({"draftUrl": "http://a.b", "nothing": 1}, "nothing"),
    ],
)
def test_values_that_do_not_fit_the_schema_are_clear_errors(server: Server, wish: object, word: str) -> None:
    result = server.graphql(SUBMIT, input=wish)
    assert result["data"] is None
    assert word in result["errors"][0]["message"]
    assert result["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


def test_a_task_is_canceled_and_retried(server: Server) -> None:
    task = submitted(server, "hold")
    canceled = server.data(CANCEL, id=task["id"])["cancelVideoTask"]
    assert (canceled["errors"], canceled["task"]["status"]) == ([], "CANCELED")
    assert server.data(CANCEL, id=task["id"])["cancelVideoTask"]["errors"] == []
    retried = server.data(RETRY, id=task["id"])["retryVideoTask"]
    assert (retried["errors"], retried["task"]["status"]) == ([], "PENDING")
    assert retried["task"]["seq"] > canceled["task"]["seq"]
    refused = server.data(RETRY, id=task["id"])["retryVideoTask"]
    assert (refused["task"], refused["errors"][0]["code"]) == (None, "INVALID_STATE")
    server.data(CANCEL, id=task["id"])


def test_changes_of_an_unknown_task_are_not_found(server: Server) -> None:
    for mutation, name in ((CANCEL, "cancelVideoTask"), (RETRY, "retryVideoTask")):
        answer = server.data(mutation, id="unknown")[name]
        assert (answer["task"], [error["code"] for error in answer["errors"]]) == (None, ["NOT_FOUND"])
        assert answer["errors"][0]["path"] == ["id"]


@pytest.fixture(scope="module")
def five(server: Server) -> list[str]:
    """The ids of five canceled tasks whose URLs have `paging-probe` in them, oldest first."""
    ids: list[str] = []
    for number in range(5):
        task = submit(server, draftUrl=f"{server.draft_url('hold')}&paging-probe={number}")["task"]
        server.data(CANCEL, id=task["id"])
        ids.append(task["id"])
    return ids


def page(server: Server, **arguments: object) -> Any:
    probe = {"search": "paging-probe"}
    found = server.data(PAGE, **{"filter": probe, **arguments})["videoTasks"]
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return found


def ids(found: Any) -> list[str]:
    return [node["id"] for node in found["nodes"]]


@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "COMPLETED_AT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_a_list_is_walked_in_pages_both_ways(server: Server, five: list[str], field: str, direction: str) -> None:
    order = {"field": field, "direction": direction}
    expected = five if direction == "ASC" else five[::-1]
    forwards: list[str] = []
    info: Any = {"endCursor": None, "hasNextPage": True}
    while info["hasNextPage"]:
        found = page(server, first=2, after=info["endCursor"], order=order)
        assert found["totalCount"] == 5
        forwards, info = forwards + ids(found), found["pageInfo"]
    assert forwards == expected
    backwards: list[str] = []
    info = {"startCursor": None, "hasPreviousPage": True}
    while info["hasPreviousPage"]:
        found = page(server, last=2, before=info["startCursor"], order=order)
        backwards, info = ids(found) + backwards, found["pageInfo"]
    assert backwards == expected


def test_the_newest_come_first_without_an_order(server: Server, five: list[str]) -> None:
    assert ids(page(server)) == five[::-1]
    assert page(server, first=0)["nodes"] == []


def test_a_list_is_filtered(server: Server, five: list[str]) -> None:
    filters: list[tuple[dict[str, object], int]] = [
        ({"status": ["CANCELED", "FAILED"]}, 5),
        ({"status": ["FAILED"]}, 0),
        ({"status": []}, 0),
        ({"stage": ["DONE"]}, 0),
        ({"errorCode": ["EXPIRED"]}, 0),
        ({"createdAfter": "2000-01-01T00:00:00+08:00"}, 5),
        ({"createdBefore": "2000-01-01T00:00:00Z"}, 0),
        ({"draftUrl": None}, 5),
    ]
    for wanted, count in filters:
        assert page(server, filter={"search": "paging-probe", **wanted})["totalCount"] == count, wanted
    assert ids(page(server, filter={"search": five[2]})) == [five[2]]


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 101},
        {"first": -1},
        {"last": 101},
        {"first": 1, "last": 1},
        {"after": "nonsense"},
        {"before": "bnVsbA"},
    ],
    ids=str,
)
def test_a_wrong_page_is_an_error_that_says_so(server: Server, arguments: dict[str, object]) -> None:
    result = server.graphql(PAGE, **arguments)
    assert result["data"] is None
    assert result["errors"][0]["extensions"] == {"code": "INVALID_INPUT"}
    assert any(name in result["errors"][0]["message"] for name in arguments)


def test_a_task_remembers_its_events_in_pages(server: Server) -> None:
    task = submitted(server)
    ended(server, task["id"])
    query = """query($id: ID!, $after: String) { videoTask(id: $id) { seq events(first: 3, after: $after) {
      edges { cursor node { id } } nodes { id seq type at status stage progress attempt task { id seq } }
      pageInfo { hasNextPage endCursor }
    } } }"""
    events: list[Any] = []
    info: Any = {"endCursor": None, "hasNextPage": True}
    seq = 0
    while info["hasNextPage"]:
        found = server.data(query, id=task["id"], after=info["endCursor"])["videoTask"]
        events, info, seq = events + found["events"]["nodes"], found["events"]["pageInfo"], found["seq"]
    assert [event["seq"] for event in events] == list(range(1, seq + 1))
    assert [event["id"] for event in events] == [f"{task['id']}:{number}" for number in range(1, seq + 1)]
    assert (events[0]["status"], events[0]["stage"]) == ("PENDING", "QUEUED")
    assert (events[-1]["status"], events[-1]["stage"], events[-1]["progress"]) == ("COMPLETED", "DONE", 100)
    assert all(event["task"]["seq"] >= event["seq"] for event in events)
    assert "SNAPSHOT" not in {event["type"] for event in events}
    query = "query($id: ID!) { videoTask(id: $id) { events(first: 100, types: [STATUS_CHANGED]) { nodes { seq } } } }"
    changes = server.data(query, id=task["id"])["videoTask"]["events"]["nodes"]
    assert [each["seq"] for each in changes] == [each["seq"] for each in events if each["type"] == "STATUS_CHANGED"]


def test_the_queue_tells_how_much_waits_and_what_has_ended(server: Server) -> None:
    ended(server, submitted(server)["id"])
    query = "{ queue { pending processing capacity oldestPendingAt throughput { at completed failed } } }"
    queue = server.data(query)["queue"]
    assert queue["capacity"] == 2
    assert queue["pending"] >= 0
    assert len(queue["throughput"]) == 60
    assert sum(point["completed"] for point in queue["throughput"]) >= 1
    assert len(server.data("{ queue { throughput(lastMinutes: 5) { at } } }")["queue"]["throughput"]) == 5
    assert len(server.data("{ queue { throughput(lastMinutes: null) { at } } }")["queue"]["throughput"]) == 60
    result = server.graphql("{ queue { throughput(lastMinutes: 0) { at } } }")
    assert result["errors"][0]["extensions"] == {"code": "INVALID_INPUT"}


def test_the_service_says_what_it_is_made_of(server: Server) -> None:
    asked = "version acceptingTasks ffmpegVersion cjkFont sampleDraftUrl disk { freeBytes totalBytes }"
    service = server.data(f"{{ service {{ {asked} scriptFonts {{ script family }} }} }}")["service"]
    assert server.get(service["sampleDraftUrl"]).json["code"] == 0
    assert 0 < service["disk"]["freeBytes"] < service["disk"]["totalBytes"]
    assert service["acceptingTasks"] is True
    assert service["version"]
    assert service["ffmpegVersion"]
    assert {"script": "Korean", "family": "Noto Sans KR Supplement"} in service["scriptFonts"]


def post(server: Server, body: bytes, content_type: str = "application/json") -> Answer:
    return server.request("POST", "/graphql", body, {"content-type": content_type})


def test_a_body_is_taken_as_json_only(server: Server) -> None:
    draft_url = server.draft_url("hold")
    query = f'mutation {{ submitVideoTask(input: {{draftUrl: "{draft_url}"}}) {{ created }} }}'
    body = json.dumps({"query": query}).encode()
    boundary = b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n' + body + b"\r\n--x--\r\n"
    for content_type, sent in (
        ("text/plain", body),
        ("text/plain; application/json", body),
        ("application/graphql", query.encode()),
        ("application/x-www-form-urlencoded", b"query=" + query.encode()),
        ("multipart/form-data; boundary=x", boundary),
        ("", body),
    ):
        answer = post(server, sent, content_type)
        assert answer.status == 415, content_type
        assert answer.json["errors"][0]["message"]
    found = server.data("query($url: URL!) { videoTask(draftUrl: $url) { id } }", url=draft_url)
    assert found == {"videoTask": None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"5", 400),
        (b"null", 400),
        (b'[{"query": "{ __typename }"}]', 400),
        (b"{}", 400),
        (b'{"query": ""}', 400),
        (b'{"query": 5}', 400),
        (b'{"query": "{ __typename }", "variables": [1]}', 400),
        (b'{"query": "{ __typename }", "variables": "x"}', 400),
        (b'{"query": "{ __typename }", "operationName": 5}', 400),
        (b'{"query": "{ __typename }", "extensions": []}', 400),
        (b'{"query": "{ __typename }", "variables": {"x": NaN}}', 400),
        (b'{"query": "\\ud800"}', 400),
        (b"[" * 60_000, 400),
        (json.dumps({"query": "{ __typename }" + " " * 262_144}).encode(), 413),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_malformed_request_is_refused_with_errors_as_json(server: Server, body: bytes, status: int) -> None:
    answer = post(server, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "subscription { videoTaskFeed { __typename } }",
        "{ service { ...F } } fragment F on ServiceInfo { ...F }",
        "{a" * 600,
        "{ videoTask(id: " + "[" * 900 + "]" * 900 + ") { id } }",
        "query Q($a: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }",
    ],
    ids=lambda query: query[:40],
)
def test_a_document_that_cannot_be_run_is_told_without_the_inside_of_the_service(server: Server, query: str) -> None:
    result = server.graphql(query)
    assert result["data"] is None
    for error in result["errors"]:
        assert error["extensions"] == {"code": "BAD_REQUEST"}
        assert "recursion" not in error["message"].lower()


def test_a_document_of_more_than_2000_tokens_is_not_parsed(server: Server) -> None:
    result = server.graphql("{ " + "__typename " * 1999 + "}")
    assert "2000 tokens" in result["errors"][0]["message"]
    assert result["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


def test_deep_but_valid_documents_are_answered_or_refused_clearly(server: Server) -> None:
    task = submitted(server, "hold")
    server.data(CANCEL, id=task["id"])
    for begin, end in (("events(first: 1) { nodes { task { ", "} } }"), ("... on VideoTask { ", "}"), ("... { ", "}")):
        for depth in (3, 50, 100, 140, 200, 250, 300, 350, 390, 490):
            nested = f"{begin * depth} id {end * depth}"
            result = server.graphql(f"query($id: ID!) {{ videoTask(id: $id) {{ {nested} }} }}", id=task["id"])
            assert "errors" not in result or result["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
