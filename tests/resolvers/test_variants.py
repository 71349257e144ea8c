"""Variants of a draft: replacements of a submit, one by one and a thousand at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.keys import new_key
from tests.support.server import Server, serving

SUBMIT = """
mutation($url: URL!, $replace: [ReplacementInput!]) {
  submitVideoTask(input: {draftUrl: $url, replace: $replace}) {
    created task { id replace { name text url } } errors { code path message }
  }
}
"""
SUBMIT_ALL = """
mutation($inputs: [SubmitVideoTaskInput!]!) {
  submitVideoTasks(inputs: $inputs) {
    results { created task { id } errors { code path } } errors { code path }
  }
}
"""
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }"
Json = dict[str, Any]
ANN, BOB = {"name": "name", "text": "Ann"}, {"name": "name", "text": "Bob"}
LOGO = {"name": "logo.png", "url": "https://cdn.example/logo.png"}


def submit(server: Server, url: str, replace: list[Json] | None = None) -> Json:
    answer: Json = server.data(SUBMIT, url=url, replace=replace)["submitVideoTask"]
    return answer


def submit_all(server: Server, inputs: list[Json]) -> Json:
    answer: Json = server.data(SUBMIT_ALL, inputs=inputs)["submitVideoTasks"]
    return answer


def test_a_draft_and_its_replacements_are_one_task(server: Server) -> None:
    url = server.draft_url("hold")
    whole, ann, bob = submit(server, url), submit(server, url, [LOGO, ANN]), submit(server, url, [BOB])
    again = submit(server, url, [ANN, LOGO])
    assert [each["created"] for each in (whole, ann, bob, again)] == [True, True, True, False]
    assert again["task"]["id"] == ann["task"]["id"]
    assert whole["task"]["replace"] == []
    assert ann["task"]["replace"] == [{**LOGO, "text": None}, {**ANN, "url": None}]
    for each in (whole, ann, bob):
        server.data(CANCEL, id=each["task"]["id"])


@pytest.mark.parametrize(
    "replace",
    [[{"name": "a"}], [{"name": "", "text": "1"}], [ANN, BOB], [{"name": "a", "text": "x" * 5001}]],
    ids=lambda value: str(value)[:40],
)
def test_replacements_that_cannot_be_are_refused_at_submit(server: Server, replace: list[Json]) -> None:
    answer = submit(server, server.draft_url(), replace)
    assert answer["task"] is None
    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "replace"])


def test_several_are_submitted_at_once_and_the_error_of_one_ends_no_other(server: Server) -> None:
    url = server.draft_url("hold")
    inputs: list[Json] = [
        {"draftUrl": url, "replace": [ANN]},
        {"draftUrl": url, "output": {"scale": 9}},
        {"draftUrl": url, "replace": [BOB]},
        {"draftUrl": url, "replace": [ANN]},
        {"draftUrl": url, "replace": [{"name": "name"}]},
    ]
    answer = submit_all(server, inputs)
    assert answer["errors"] == []
    ann, bad, bob, again, empty = answer["results"]
    assert [each["created"] for each in answer["results"]] == [True, False, True, False, False]
    assert again["task"]["id"] == ann["task"]["id"] != bob["task"]["id"]
    assert bad["errors"] == [{"code": "INVALID_INPUT", "path": ["inputs", "1", "output", "scale"]}]
    assert empty["errors"] == [{"code": "INVALID_INPUT", "path": ["inputs", "4", "replace"]}]
    for each in (ann, bob):
        server.data(CANCEL, id=each["task"]["id"])


def test_more_than_a_thousand_and_costly_selections_are_refused(server: Server) -> None:
    inputs = [{"draftUrl": f"http://a.b/{number}"} for number in range(1001)]
    assert submit_all(server, inputs) == {"results": [], "errors": [{"code": "INVALID_INPUT", "path": ["inputs"]}]}
    costly = SUBMIT_ALL.replace("task { id }", "task { id draftUrl status stage progress warnings { code message } }")
    refused = server.graphql(costly, inputs=inputs[:100])
    assert refused["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_a_full_queue_refuses_the_rest_of_a_list(tmp_path: Path) -> None:
    with serving(tmp_path, max_queued="2", render_slots="1") as server:
        inputs = [{"draftUrl": server.draft_url("hold"), "replace": [ANN]} for _ in range(4)]
        results = submit_all(server, inputs)["results"]
    codes = [each["errors"][0]["code"] if each["errors"] else None for each in results]
    assert codes == [None, None, "QUEUE_FULL", "QUEUE_FULL"]


def test_each_input_counts_as_a_submit(tmp_path: Path) -> None:
    key = new_key(tmp_path, "ann", "--scopes", "submit,read")
    with serving(tmp_path, submits_per_minute="2") as server:
        inputs = [{"draftUrl": server.draft_url("hold")} for _ in range(3)]
        body = {"query": SUBMIT_ALL, "variables": {"inputs": inputs}}
        answer = server.post("/graphql", body, {"authorization": f"Bearer {key}"}).json
    results = answer["data"]["submitVideoTasks"]["results"]
    codes = [each["errors"][0]["code"] if each["errors"] else None for each in results]
    assert codes == [None, None, "QUOTA_EXCEEDED"]


def test_gen_video_takes_replacements(server: Server) -> None:
    url = server.draft_url()
    assert server.post("/v1/gen_video", {"draft_url": url, "replace": [ANN]}).status == 200
    task = server.data("query($url: URL!) { videoTask(draftUrl: $url) { replace { name text } } }", url=url)
    assert task["videoTask"]["replace"] == [ANN]
    for wrong, named in (([{"name": 5}], "replace.0.name"), ({"name": "Ann"}, "replace is"), ([{"name": "a"}], "text")):
        answer = server.post("/v1/gen_video", {"draft_url": url, "replace": wrong}, {"accept-language": "en"})
        assert (answer.status, named in json.dumps(answer.json)) == (400, True)
