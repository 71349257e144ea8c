"""Row 17: keys are shown once, stored as sums only, and open what they are for, as long as they are for it."""

import asyncio
import re
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from services.errors import SettingsError
from services.settings import load
from services.startup_checks import check_access
from tests.security.conftest import Guarded
from tests.support.keys import bearing, keys, new_key
from tests.support.server import serving
from tests.support.subscriber import socket

PING = {"query": "{ queue { pending } }"}
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { code } } }"
FEED = "subscription { videoTaskFeed { __typename } }"


def test_a_key_is_printed_alone_and_never_again(tmp_path: Path) -> None:
    made = keys(tmp_path, "create", "ci", "--scopes", "submit,read", "--expires-in-days", "30")
    assert re.fullmatch(r"dck_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n", made.stdout)
    listed = keys(tmp_path, "list").stdout
    assert "ci" in listed
    secret = made.stdout.strip().split("_", 2)[2]
    assert secret not in listed
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "arguments", [("create", "x", "--scopes", "all"), ("create", "open"), ("create", ""), ("revoke", "nobody")]
)
def test_a_wrong_wish_is_said_in_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    refused = keys(tmp_path, *arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Traceback" not in refused.stderr


def test_without_a_valid_key_nothing_is_answered(guarded: Guarded) -> None:
    almost = guarded.anna[:-1] + ("A" if guarded.anna[-1] != "A" else "B")
    for headers in ({}, bearing("x"), bearing(almost), bearing(""), {"authorization": f"Basic {guarded.anna}"}):
        answer = guarded.server.post("/graphql", PING, headers)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert guarded.server.get("/v1/gen_video_active_count", headers).status == 401


def test_a_key_opens_both_apis(guarded: Guarded) -> None:
    assert guarded.server.post("/graphql", PING, bearing(guarded.anna)).status == 200
    assert guarded.server.get("/v1/gen_video_active_count", bearing(guarded.anna)).status == 200
    url = guarded.server.draft_url()
    assert guarded.server.post("/v1/gen_video", {"draft_url": url, "apiKey": guarded.anna}).status == 200
    assert guarded.server.post("/v1/gen_video_status", {"draft_url": url, "apiKey": guarded.anna}).status == 200
    assert guarded.server.post("/v1/gen_video_status", {"draft_url": url, "apiKey": guarded.bert}).status == 404


def test_a_header_without_a_key_is_not_remembered_as_the_key_of_a_body(guarded: Guarded) -> None:
    url, nothing = guarded.server.draft_url(), {"authorization": "Bearer \xa0"}
    assert guarded.server.post("/v1/gen_video", {"draft_url": url, "apiKey": guarded.anna}, nothing).status == 200
    assert guarded.server.post("/v1/gen_video_status", {"draft_url": url}, nothing).status == 401


def test_a_key_does_only_what_its_scopes_say(guarded: Guarded) -> None:
    url = guarded.server.draft_url()
    refused = guarded.graphql(guarded.reader, SUBMIT, url=url)
    assert refused["data"] == {"submitVideoTask": {"task": None, "errors": [{"code": "FORBIDDEN"}]}}
    assert "errors" not in guarded.graphql(guarded.reader, PING["query"])
    seen = guarded.server.post("/graphql", PING, bearing(guarded.submitter)).json
    assert seen["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert guarded.server.post("/v1/gen_video", {"draft_url": url}, bearing(guarded.reader)).status == 403


@pytest.mark.parametrize("name", ["token", "authorization", "Authorization"])
def test_a_socket_is_opened_by_its_connection_init(guarded: Guarded, name: str) -> None:
    value = guarded.anna if name == "token" else f"Bearer {guarded.anna}"
    with socket(guarded.server.socket_url) as client:
        client.send({"type": "connection_init", "payload": {name: value}})
        assert client.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", [{}, {"token": "x"}, {"token": 5}, {"Authorization": "Basic x"}])
def test_a_socket_without_a_valid_key_is_closed_with_4403(guarded: Guarded, payload: dict[str, object]) -> None:
    with socket(guarded.server.socket_url) as client:
        client.send({"type": "connection_init", "payload": payload})
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Forbidden")


def test_a_new_key_works_at_once_whichever_way_it_comes(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.post("/graphql", PING).status == 200
        first = new_key(tmp_path, "first")
        url = server.draft_url()
        assert server.post("/graphql", {"query": SUBMIT, "variables": {"url": url}}, bearing(first)).status == 200
        asked = {"draft_url": url}
        assert server.post("/v1/gen_video_status", asked).status == 401, "the door is shut from then on"
        assert server.post("/v1/gen_video_status", asked, bearing(first)).status == 200, "its tasks are its own"
        by_body = new_key(tmp_path, "body")
        assert server.post("/v1/gen_video_status", {**asked, "apiKey": by_body}).status == 404
        with socket(server.socket_url) as client:
            client.send({"type": "connection_init", "payload": {"token": new_key(tmp_path, "socket")}})
            assert client.receive() == {"type": "connection_ack"}


def test_a_revoked_key_closes_its_sockets(guarded: Guarded) -> None:
    new_key(guarded.folder, "guest")
    key = keys(guarded.folder, "rotate", "guest").stdout.strip()
    with socket(guarded.server.socket_url) as client:
        client.send({"type": "connection_init", "payload": {"token": key}})
        client.receive()
        client.subscribe(FEED)
        assert keys(guarded.folder, "revoke", "guest").returncode == 0
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "The key has ended")
    assert guarded.server.post("/graphql", PING, bearing(key)).status == 401


def test_a_server_without_keys_that_others_can_reach_does_not_start(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path / "data", host="0.0.0.0")
    with pytest.raises(SettingsError, match="DRAFTCAST_OPEN_TO_ALL"):
        asyncio.run(check_access(settings))
    assert asyncio.run(check_access(settings.model_copy(update={"open_to_all": True})))
    new_key(tmp_path, "anna")
    assert not asyncio.run(check_access(settings))
    keys(tmp_path, "revoke", "anna")
    assert not asyncio.run(check_access(settings)), "revoking the last key opens nothing"
