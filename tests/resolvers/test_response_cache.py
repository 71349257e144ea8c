"""What is answered ahead of routing is answered as it is behind it, on the real server."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.support.server import Answer, Server, serving

ASK = """query($id: ID, $url: URL) { videoTask(id: $id, draftUrl: $url) {
  id status progress seq createdAt warnings { message(locale: ZH) } } }"""
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id status } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { status } } }"
STATUS = "/v1/gen_video_status"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server whose accelerator is off."""
    with serving(tmp_path_factory.mktemp("slow"), accelerator="false") as running:
        yield running


def submitted(server: Server) -> tuple[str, str]:
    draft_url = server.draft_url("hold")
    return server.data(SUBMIT, url=draft_url)["submitVideoTask"]["task"]["id"], draft_url


def without_date(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def test_a_caller_reads_its_own_submit_and_cancel(server: Server) -> None:
    for _ in range(5):
        task_id, draft_url = submitted(server)
        status = server.post(STATUS, {"draft_url": draft_url}).json
        assert status["status"] in ("pending", "processing")
        assert server.data(ASK, id=task_id)["videoTask"]["status"] in ("PENDING", "PROCESSING")
        server.data(CANCEL, id=task_id)
        assert server.data(ASK, id=task_id)["videoTask"]["status"] == "CANCELED"
        assert server.data(ASK, url=draft_url)["videoTask"]["status"] == "CANCELED"
        assert server.post(STATUS, {"draft_url": draft_url}).json["status"] == "failed"


def test_answers_from_memory_have_the_form_of_all_others(server: Server, slow: Server) -> None:
    found: list[list[Any]] = []
    for each in (server, slow):
        task_id, draft_url = submitted(each)
        each.data(CANCEL, id=task_id)
        asked = {"query": ASK, "variables": {"id": task_id}}
        answers = [each.post("/graphql", asked) for _ in range(3)]
        answers += [each.post(STATUS, {"draft_url": draft_url}) for _ in range(3)]
        answers += [each.post(STATUS, {"draft_url": draft_url}, {"accept-language": "en"}) for _ in range(3)]
        assert len({answer.body for answer in answers[:3]}) == len({answer.body for answer in answers[3:6]}) == 1
        found.append([(answer.status, sorted(without_date(answer)), sorted(answer.json)) for answer in answers])
        found[-1].append(answers[-1].json["error_message"])
    assert found[0] == found[1]


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/graphql-response+json"])
def test_what_a_client_accepts_is_looked_at_for_known_questions_too(server: Server, slow: Server, accept: str) -> None:
    statuses: list[Any] = []
    for each in (server, slow):
        task_id, _ = submitted(each)
        asked = {"query": ASK, "variables": {"id": task_id}}
        each.post("/graphql", asked)
        answer = each.post("/graphql", asked, {"accept": accept})
        statuses.append((answer.status, answer.headers["content-type"]))
        each.data(CANCEL, id=task_id)
    assert statuses[0] == statuses[1]


def test_a_body_that_is_longer_than_what_is_known_is_answered(server: Server) -> None:
    task_id, draft_url = submitted(server)
    padded = {"draft_url": draft_url, "": "x" * 5000}
    assert server.post(STATUS, padded).json["draft_url"] == draft_url
    server.data(CANCEL, id=task_id)
