"""Row 19: a watch token shows one task and its files to whoever holds it, for a while, and does nothing else."""

import json
import re
from collections import deque
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from tests.resolvers.test_drafts import packed
from tests.security.conftest import Guarded
from tests.security.test_18_owners import OPERATIONS, mentions, trimmed
from tests.support.drafts import DraftBuilder
from tests.support.keys import bearing, new_key
from tests.support.matrix import but_long
from tests.support.server import Server, serving
from tests.support.streams import EVENTS, MULTIPART, streamed
from tests.support.subscriber import Subscriber, socket

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id draftUrl } } }"
TOKEN = """mutation($id: ID!, $seconds: Int! = 600) { createWatchToken(id: $id, expiresInSeconds: $seconds) {
    token expiresAt errors { code message path } } }"""
WATCH = "subscription($id: ID!) { videoTaskProgress(id: $id) { status task { id videoUrl queuePosition } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }"
MAY = {"videoTask(id: $id)", "videoTask(draftUrl: $url)", "node(id: $id)", "service"}


def submitted(guarded: Guarded, key: str, act: str = "render") -> dict[str, str]:
    made: Any = guarded.graphql(key, SUBMIT, url=guarded.server.draft_url(act))
    return dict(made["data"]["submitVideoTask"]["task"])


def token_of(guarded: Guarded, task_id: str, seconds: int = 600) -> str:
    answer: Any = guarded.graphql(guarded.anna, TOKEN, id=task_id, seconds=seconds)
    assert answer["data"]["createWatchToken"]["errors"] == []
    return str(answer["data"]["createWatchToken"]["token"])


def entered(client: Subscriber, token: str) -> Subscriber:
    client.send({"type": "connection_init", "payload": {"token": token}})
    assert client.receive() == {"type": "connection_ack"}
    return client


@pytest.fixture(scope="module")
def watched(guarded: Guarded) -> dict[str, str]:
    """A task of anna's that has been watched to its end, with a token for it and its video's address."""
    task = submitted(guarded, guarded.anna)
    token = token_of(guarded, task["id"])
    with socket(guarded.server.socket_url) as client:
        entered(client, token).subscribe(WATCH, id=task["id"])
        *_, last = client.rest()
    assert last["videoTaskProgress"]["status"] == "COMPLETED"
    return {**task, "token": token, "videoUrl": last["videoTaskProgress"]["task"]["videoUrl"]}


def test_a_token_watches_its_task_to_the_end_and_plays_the_video(guarded: Guarded, watched: dict[str, str]) -> None:
    plain = watched["videoUrl"].partition("?")[0]
    assert guarded.server.get(plain).status == 404
    assert guarded.server.get(f"{plain}?token={watched['token']}").status == 200
    assert guarded.server.get(plain, bearing(watched["token"])).status == 200


def test_a_token_is_taken_from_an_address_and_a_key_is_not(guarded: Guarded, watched: dict[str, str]) -> None:
    query = {"query": "query($id: ID!) { videoTask(id: $id) { status } }", "variables": {"id": watched["id"]}}
    answer = guarded.server.post(f"/graphql?token={watched['token']}", query)
    assert answer.json == {"data": {"videoTask": {"status": "COMPLETED"}}}
    assert guarded.server.post(f"/graphql?token={guarded.anna}", query).status == 401
    asked = {"draft_url": watched["draftUrl"]}
    assert guarded.server.post(f"/v1/gen_video_status?token={watched['token']}", asked).json["status"] == "completed"
    assert guarded.server.post(f"/v1/gen_video?token={watched['token']}", asked).status == 403


@pytest.mark.parametrize("document", [text for _, text in OPERATIONS], ids=[name for name, _ in OPERATIONS])
def test_a_token_shows_nothing_of_the_owners_other_tasks(
    guarded: Guarded, watched: dict[str, str], document: str
) -> None:
    other = submitted(guarded, guarded.anna)
    sent = trimmed(document)
    values = {"id": other["id"], "url": other["draftUrl"]}
    variables = {name: value for name, value in values.items() if f"${name}" in sent}
    answer = guarded.server.post("/graphql", {"query": sent, "variables": variables}, bearing(watched["token"]))
    assert not mentions(answer.body.decode(), other)


@pytest.mark.parametrize(("name", "document"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_with_its_own_task_a_token_does_nothing_but_look(
    guarded: Guarded, watched: dict[str, str], name: str, document: str
) -> None:
    """A new field is refused to it until it stands in MAY."""
    sent = trimmed(document)
    values = {"id": watched["id"], "url": watched["draftUrl"]}
    variables = {key: value for key, value in values.items() if f"${key}" in sent}
    answer = guarded.server.post("/graphql", {"query": sent, "variables": variables}, bearing(watched["token"]))
    allowed = "FORBIDDEN" not in answer.body.decode()
    assert allowed == (name in MAY - {"service"}), answer.body


def test_a_feed_is_refused_to_a_token(guarded: Guarded, watched: dict[str, str]) -> None:
    with socket(guarded.server.socket_url) as client:
        entered(client, watched["token"]).subscribe("subscription { videoTaskFeed { __typename } }")
        message = client.receive()
    assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("accept", [EVENTS, MULTIPART], ids=["events", "multipart"])
def test_a_stream_over_http_shows_a_token_its_task_and_no_other(
    guarded: Guarded, watched: dict[str, str], accept: str
) -> None:
    other, headers = submitted(guarded, guarded.anna), bearing(watched["token"])

    def results(query: str, **variables: str) -> list[dict[str, Any]]:
        with streamed(guarded.server.port, query, variables, accept=accept, headers=headers) as stream:
            if accept == EVENTS:
                return [message.result for message in stream.results()]
            return [part["payload"] for part in stream.payloads() if part]

    *_, last = results(WATCH, id=watched["id"])
    assert last["data"]["videoTaskProgress"]["status"] == "COMPLETED"
    (refused,) = results(WATCH, id=other["id"])
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    assert not mentions(json.dumps(refused), other)
    (refused,) = results("subscription { videoTaskFeed { __typename } }")
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]


def test_owner_and_guest_of_the_same_subscription_are_told_what_each_may_see(guarded: Guarded) -> None:
    watch = "subscription($id: ID!) { videoTaskProgress(id: $id) { status task { draftUrl } } }"
    task = submitted(guarded, guarded.anna, "hold")
    with socket(guarded.server.socket_url) as owner, socket(guarded.server.socket_url) as guest:
        for client, token in ((owner, guarded.anna), (guest, token_of(guarded, task["id"]))):
            entered(client, token).subscribe(watch, id=task["id"])
        seen = [client.receive()["payload"]["data"]["videoTaskProgress"]["task"] for client in (owner, guest)]
        guarded.graphql(guarded.anna, CANCEL, id=task["id"])
        ended = [[*client.rest()][-1]["videoTaskProgress"] for client in (owner, guest)]
    assert [each["status"] for each in ended] == ["CANCELED", "CANCELED"]
    for told in (seen, [each["task"] for each in ended]):
        assert told[0]["draftUrl"] == task["draftUrl"]
        assert told[1]["draftUrl"] != task["draftUrl"]
        assert "draft_id" not in told[1]["draftUrl"]


def test_a_changed_token_opens_nothing(guarded: Guarded, watched: dict[str, str]) -> None:
    token = watched["token"]
    last = "0" if token[-1] != "0" else "1"
    for wrong in (token[:-1] + last, token.replace("dcw_", "dcw_x"), "dcw_", "dcw_.", token.partition(".")[0]):
        answer = guarded.server.post("/graphql", {"query": "{ __typename }"}, bearing(wrong))
        assert answer.status == 401, wrong


def test_a_token_ends_on_a_living_socket(guarded: Guarded) -> None:
    task = submitted(guarded, guarded.anna, "hold")
    with socket(guarded.server.socket_url) as client:
        entered(client, token_of(guarded, task["id"], seconds=1)).subscribe(WATCH, id=task["id"])
        with pytest.raises(ConnectionClosed) as closed:
            deque(iter(client.receive, None))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    guarded.graphql(guarded.anna, "mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }", id=task["id"])


def test_a_token_is_for_a_task_of_ones_own_and_for_a_week_at_most(guarded: Guarded, watched: dict[str, str]) -> None:
    def errors(key: str, **variables: object) -> list[str]:
        answer: Any = guarded.graphql(key, TOKEN, **variables)
        return [error["code"] for error in answer["data"]["createWatchToken"]["errors"]]

    assert errors(guarded.bert, id=watched["id"]) == ["NOT_FOUND"]
    assert errors(guarded.anna, id=watched["id"], seconds=0) == ["INVALID_INPUT"]
    assert errors(guarded.anna, id=watched["id"], seconds=604_801) == ["INVALID_INPUT"]
    assert errors(guarded.submitter, id=watched["id"]) == ["FORBIDDEN"]
    assert errors(watched["token"], id=watched["id"]) == ["FORBIDDEN"]
    assert re.fullmatch(r"dcw_[A-Za-z0-9_-]+\.[0-9a-f]{64}", watched["token"])


SECRETS = """draftUrl errorMessage error { code message chinese: message(locale: ZH) hint materialUrl }
    warnings { code message chinese: message(locale: ZH) materialName }"""
BROKEN = b"no picture"


@pytest.fixture(scope="module")
def rendering(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str]]:
    """A server with its own renderer, and anna's key."""
    folder: Path = tmp_path_factory.mktemp("rendering")
    anna = new_key(folder, "anna")
    with serving(folder, exporter="") as server:
        yield server, anna


def broken_photo() -> DraftBuilder:
    return DraftBuilder(64, 36, 5).photo("assets/b.png", 0, 200_000)


def missing_photo() -> DraftBuilder:
    return DraftBuilder(64, 36, 5).photo("assets/m.png", 0, 200_000)


def broken_sticker() -> DraftBuilder:
    made = DraftBuilder(64, 36, 5).text("a", 0, 200_000)
    made.segment("sticker", "s", made.material("stickers", path="assets/b.png"), 0, 200_000)
    made.segment("sticker", "s", made.material("stickers", path="assets/m.png"), 200_000, 200_000)
    return made


def kept_draft(server: Server, key: str, draft: DraftBuilder, form: str) -> tuple[str, str]:
    """A draft that is brought: its id, and a URL of it, of its list or of its file."""
    content = packed({"draft_content.json": draft.bytes(), "assets/b.png": BROKEN})
    headers = {**bearing(key), "content-type": "application/zip"}
    listed: str = server.request("POST", "/drafts", content, headers).json["draft_url"]
    draft_id = parse_qs(urlsplit(listed).query)["draft_id"][0]
    file = f"{server.url}/drafts/output/draft/{draft_id}/draft_content.json"
    return draft_id, {"list": listed, "file": file}[form]


@pytest.mark.parametrize("form", but_long(["list", "file"], "list"))
@pytest.mark.parametrize(
    ("draft", "code"),
    [(broken_photo(), "MATERIAL_UNREADABLE"), (missing_photo(), "MATERIAL_UNREACHABLE"), (broken_sticker(), None)],
    ids=["broken", "missing", "warnings"],
)
def test_a_guest_is_told_of_no_address_with_which_the_draft_could_be_read(
    rendering: tuple[Server, str], draft: DraftBuilder, code: str | None, form: str
) -> None:
    server, anna = rendering
    draft_id, url = kept_draft(server, anna, draft, form)

    def asked(key: str, query: str, **variables: object) -> Any:
        return server.post("/graphql", {"query": query, "variables": variables}, bearing(key)).json

    task = asked(anna, SUBMIT, url=url)["data"]["submitVideoTask"]["task"]
    token = asked(anna, TOKEN, id=task["id"])["data"]["createWatchToken"]["token"]
    watch = f"subscription($id: ID!) {{ videoTaskProgress(id: $id) {{ task {{ {SECRETS} }} }} }}"
    with socket(server.socket_url) as client:
        entered(client, token).subscribe(watch, id=task["id"])
        told = [str(each) for each in client.rest()]
    known = asked(anna, f"query($id: ID!) {{ videoTask(id: $id) {{ {SECRETS} }} }}", id=task["id"])["data"]["videoTask"]
    assert known["draftUrl"] == url
    assert (known["error"] and known["error"]["code"]) == code
    if code == "MATERIAL_UNREADABLE":
        assert draft_id in known["error"]["materialUrl"]
        assert draft_id in known["error"]["message"]
    queries = (f"videoTask(id: $id) {{ {SECRETS} }}", f"node(id: $id) {{ ... on VideoTask {{ {SECRETS} }} }}")
    told += [str(asked(token, f"query($id: ID!) {{ {query} }}", id=task["id"])) for query in queries]
    events = {**bearing(token), "accept": "text/event-stream"}
    told.append(server.post("/graphql", {"query": watch, "variables": {"id": task["id"]}}, events).body.decode())
    seen = asked(token, f"query($id: ID!) {{ videoTask(id: $id) {{ {SECRETS} }} }}", id=task["id"])["data"]["videoTask"]
    assert len(seen["warnings"]) == len(known["warnings"]) == (2 if code is None else 0)
    assert (seen["error"] and seen["error"]["code"]) == code
    for prefix in ("/v1", "/openapi/capcut-mate/v1"):
        answer = server.post(f"{prefix}/gen_video_status", {"draft_url": url}, bearing(token)).json
        assert answer["status"] == ("completed" if code is None else "failed")
        told.append(str({**answer, "video_url": ""}))
    for text in told:
        assert draft_id not in text
        assert "/assets/" not in text
    for file in (server.folder / "log", server.folder / "data" / "audit.jsonl"):
        assert draft_id not in file.read_text(encoding="utf-8")
