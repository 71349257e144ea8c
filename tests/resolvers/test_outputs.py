"""The requested output of a submit, in GraphQL and in gen_video."""

from typing import Any

import pytest

from tests.support.server import Server

FIELDS = "format quality shortSide scale frameRate startMs endMs sound"
SUBMIT = f"""
mutation($url: URL!, $output: VideoOutputInput) {{
  submitVideoTask(input: {{draftUrl: $url, output: $output}}) {{
    created task {{ id output {{ {FIELDS} }} }} errors {{ code path message }}
  }}
}}
"""
WHOLE = {
    "format": "MP4", "quality": "STANDARD", "shortSide": None, "scale": None, "frameRate": None,
    "startMs": 0, "endMs": None, "sound": True,
}  # fmt: skip
Json = dict[str, Any]


def submit(server: Server, url: str, output: Json | None = None) -> Json:
    answer: Json = server.data(SUBMIT, url=url, output=output)["submitVideoTask"]
    return answer


def test_a_draft_and_an_output_are_one_task(server: Server) -> None:
    url = server.draft_url("hold")
    whole = submit(server, url)
    small = {"format": "GIF", "shortSide": 360, "startMs": 500, "endMs": 2500}
    first, again = submit(server, url, small), submit(server, url, {**small, "quality": "STANDARD"})
    other = submit(server, url, {**small, "endMs": 3000})
    assert [each["created"] for each in (whole, first, again, other)] == [True, True, False, True]
    assert again["task"]["id"] == first["task"]["id"] != other["task"]["id"]
    assert whole["task"]["output"] == WHOLE
    assert first["task"]["output"] == {**WHOLE, **small}
    newest = server.data("query($url: URL!) { videoTask(draftUrl: $url) { id } }", url=url)["videoTask"]
    assert newest["id"] == other["task"]["id"]
    for each in (whole, first, other):
        server.data("mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }", id=each["task"]["id"])


@pytest.mark.parametrize(
    ("output", "field"),
    [
        ({"shortSide": 63}, "shortSide"),
        ({"shortSide": 4321}, "shortSide"),
        ({"shortSide": 720, "scale": 0.5}, "scale"),
        ({"scale": 4.1}, "scale"),
        ({"frameRate": 0.5}, "frameRate"),
        ({"frameRate": 121}, "frameRate"),
        ({"startMs": -1}, "startMs"),
        ({"startMs": 2000, "endMs": 2000}, "endMs"),
        ({"format": "M4A", "sound": False}, "sound"),
        ({"aiLabel": {"contentProducer": ""}}, "aiLabel.contentProducer"),
        ({"aiLabel": {"contentProducer": "x", "reservedCode2": "y" * 1001}}, "aiLabel.reservedCode2"),
        ({"format": "M4A", "aiLabel": {"contentProducer": "x", "mark": True}}, "aiLabel.mark"),
    ],
)
def test_an_output_that_cannot_be_is_refused_at_submit(server: Server, output: Json, field: str) -> None:
    answer = submit(server, server.draft_url(), output)
    assert answer["task"] is None
    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "output", *field.split(".")])
    assert field in error["message"]


def test_gen_video_takes_an_output(server: Server) -> None:
    url = server.draft_url()
    body = {"draft_url": url, "output": {"format": "MP4", "quality": "DRAFT", "short_side": 540, "sound": False}}
    assert server.post("/v1/gen_video", body).status == 200
    task = server.data(f"query($url: URL!) {{ videoTask(draftUrl: $url) {{ output {{ {FIELDS} }} }} }}", url=url)
    assert task["videoTask"]["output"] == {**WHOLE, "quality": "DRAFT", "shortSide": 540, "sound": False}


def test_a_label_of_ai_content_belongs_to_the_task(server: Server) -> None:
    url = server.draft_url("hold")
    label = {"contentProducer": "某工作室", "content": "POSSIBLE", "mark": True}
    marked = submit(server, url, {"aiLabel": label})
    body = {"draft_url": url, "output": {"ai_label": {"content_producer": "某工作室", "produce_id": "7"}}}
    assert server.post("/v1/gen_video", body).status == 200
    fields = "content contentProducer produceId mark"
    query = f"query($url: URL!) {{ videoTask(draftUrl: $url) {{ id output {{ aiLabel {{ {fields} }} }} }} }}"
    newest = server.data(query, url=url)["videoTask"]
    assert newest["output"]["aiLabel"] == {
        "content": "GENERATED", "contentProducer": "某工作室", "produceId": "7", "mark": False,
    }  # fmt: skip
    assert submit(server, url, {"aiLabel": label})["task"]["id"] == marked["task"]["id"] != newest["id"]
    for each in (marked["task"], newest):
        server.data("mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }", id=each["id"])


@pytest.mark.parametrize(
    ("output", "named"),
    [
        ({"shortSide": 540}, "output.shortSide"),
        ({"format": "AVI"}, "output.format"),
        ({"short_side": "wide"}, "output.short_side"),
        ("GIF", "output is invalid"),
        ({"scale": 9}, "scale must be"),
        ({"ai_label": {"mark": True}}, "output.ai_label.content_producer"),
        ({"ai_label": {"content_producer": ""}}, "aiLabel.contentProducer must have"),
    ],
)
def test_gen_video_refuses_an_output_it_does_not_know(server: Server, output: object, named: str) -> None:
    answer = server.post(
        "/v1/gen_video", {"draft_url": server.draft_url(), "output": output}, {"accept-language": "en"}
    )
    assert answer.status == 400
    assert named in str(answer.json)
