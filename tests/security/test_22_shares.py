"""Row 22: one key fills a share of the queue only, and submits so often only."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.keys import bearing, new_key
from tests.support.server import Server, serving

SUBMIT = """mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) {
    task { id } errors { code message resetAt } } }"""
QUEUED = 3
SUBMITS = 12


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str, str]]:
    folder: Path = tmp_path_factory.mktemp("shared")
    keys = new_key(folder, "anna"), new_key(folder, "bert")
    with serving(folder, queued_per_key=str(QUEUED), submits_per_minute=str(SUBMITS)) as server:
        yield server, *keys


def submit(server: Server, key: str, url: str) -> Any:
    answer: Any = server.post("/graphql", {"query": SUBMIT, "variables": {"url": url}}, bearing(key)).json
    return answer["data"]["submitVideoTask"]


def test_a_key_has_so_many_tasks_waiting_and_others_still_submit(shared: tuple[Server, str, str]) -> None:
    server, anna, bert = shared
    urls = [server.draft_url("hold") for _ in range(QUEUED + 2)]
    first = submit(server, bert, server.draft_url("hold"))
    assert first["errors"] == []
    answers = [submit(server, anna, url) for url in urls]
    refused = [answer["errors"][0] for answer in answers if answer["errors"]]
    assert [error["code"] for error in refused] in (["QUOTA_EXCEEDED"], ["QUOTA_EXCEEDED"] * 2)
    assert submit(server, anna, urls[0])["errors"] == [], "what is there already is joined"
    assert submit(server, bert, server.draft_url())["errors"] == []
    polled = server.post("/v1/gen_video", {"draft_url": server.draft_url()}, bearing(anna))
    assert (polled.status, polled.json["error"]["code"]) == (429, "QUOTA_EXCEEDED")
    assert int(polled.headers["retry-after"]) > 0


def test_a_key_submits_so_often_in_a_minute(shared: tuple[Server, str, str]) -> None:
    server, anna, _ = shared
    url = server.draft_url()
    errors = [submit(server, anna, url)["errors"] for _ in range(2 * SUBMITS)]
    told = [error for (error, *_) in filter(None, errors) if error["resetAt"]]
    assert told
    assert "within this minute" in told[-1]["message"]
