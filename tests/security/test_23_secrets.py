"""Row 23: what is secret in an address or a key stands in no log, no error, and nobody else's view; acts are noted."""

import json
import sqlite3
import stat
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.drafts import DraftBuilder
from tests.support.keys import bearing, keys, new_key
from tests.support.server import Server, serving
from tests.support.servers import DraftServer

CANARY = "canary7f3a"
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { code } } }"
TASK = """query($id: ID!) { videoTask(id: $id) { status draftUrl error { message hint materialUrl }
    warnings { message materialName } events { nodes { type } } } }"""
TOKEN = "mutation($id: ID!) { createWatchToken(id: $id) { token } }"
ACTIVE = ("pending", "processing")


@dataclass(frozen=True)
class Done:
    """A server whose task has failed for a material whose address holds a secret."""

    server: Server
    key: str
    task_id: str
    token: str

    @property
    def log(self) -> str:
        return (self.server.folder / "log").read_text(encoding="utf-8")

    @property
    def audit(self) -> list[dict[str, Any]]:
        text = (self.server.folder / "data" / "audit.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def asked(self, query: str, key: str = "", **variables: object) -> Any:
        return self.server.post("/graphql", {"query": query, "variables": variables}, bearing(key or self.key)).json


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Generator[Done]:
    folder: Path = tmp_path_factory.mktemp("secret")
    key = new_key(folder, "anna")
    with DraftServer() as drafts:
        missing = f"http://user:{CANARY}@127.0.0.1:{drafts.port}/gone.png?signature={CANARY}#{CANARY}"
        content = DraftBuilder(64, 36).photo(missing, 0, 1_000_000).bytes()
        url = drafts.add_draft("secret", content) + f"&token={CANARY}"
        with serving(folder, exporter="", allow_hosts=drafts.host) as server:
            made = server.post("/graphql", {"query": SUBMIT, "variables": {"url": url}}, bearing(key)).json
            task_id = made["data"]["submitVideoTask"]["task"]["id"]
            asked = {"draft_url": url, "wait_seconds": 25}
            while server.post("/v1/gen_video_status", asked, bearing(key)).json["status"] not in (
                "completed",
                "failed",
            ):
                pass
            answer = server.post("/graphql", {"query": TOKEN, "variables": {"id": task_id}}, bearing(key)).json
            yield Done(server, key, task_id, answer["data"]["createWatchToken"]["token"])


def test_the_error_of_a_material_names_it_without_its_secrets(done: Done) -> None:
    task = done.asked(TASK, id=done.task_id)["data"]["videoTask"]
    assert task["status"] == "FAILED"
    assert "gone.png" in task["error"]["message"]
    del task["draftUrl"]
    assert CANARY not in json.dumps(task)


def test_whoever_only_watches_is_not_told_the_drafts_secrets(done: Done) -> None:
    answer = done.server.post(
        "/graphql", {"query": TASK, "variables": {"id": done.task_id}}, bearing(done.token)
    ).body.decode()
    assert "/get_draft" in answer
    assert CANARY not in answer


def test_no_log_holds_a_secret(done: Done) -> None:
    done.asked("{ nothing }")
    secret = done.key.split("_", 2)[2]
    for path in (done.server.folder / "log", done.server.folder / "data" / "audit.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert CANARY not in text, path
        assert secret not in text, path
        assert done.token not in text, path


def test_the_database_holds_no_usable_key_or_token(done: Done) -> None:
    with closing(sqlite3.connect(done.server.folder / "data" / "draftcast.sqlite")) as database:
        dump = "\n".join(database.iterdump())
    assert done.key not in dump
    assert done.key.split("_", 2)[2] not in dump
    assert done.token not in dump


def test_keys_submits_and_cancels_are_written_down(done: Done) -> None:
    url = done.server.draft_url()
    made = done.asked(SUBMIT, url=url)["data"]["submitVideoTask"]["task"]["id"]
    done.asked("mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }", id=made)
    new_key(done.server.folder, "guest")
    keys(done.server.folder, "rotate", "guest")
    keys(done.server.folder, "revoke", "guest")
    acts = [line["act"] for line in done.audit]
    assert {"key.created", "key.rotated", "key.revoked", "task.submitted", "watch_token.created"} <= set(acts)
    submitted = next(line for line in done.audit if line["act"] == "task.submitted" and line["task"] == made)
    assert submitted["owner"] == "anna"
    assert submitted["key"] == done.key.split("_")[1]
    assert submitted["address"] == "127.0.0.1"
    assert submitted["draft_url"] == url.partition("?")[0]
    file = done.server.folder / "data" / "audit.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
