"""Row 20: a webhook leads nowhere inside, neither at the submit nor when it is sent; its messages cannot be forged,
and nobody but the task's owner is told of them.
"""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.files.store import FileStore
from services.http.client import Client
from services.http.guard import Guard
from services.migrate import migrate
from services.store.records import DeliveryState, PageRequest
from services.webhooks.delivery import TIMEOUTS, WebhookSender, signed_headers
from tests.security.conftest import Guarded
from tests.services.tasks.conftest import OWNER, open_tasks
from tests.support.canary import Canary
from tests.support.forked import run_command
from tests.support.keys import bearing
from tests.support.names import Names
from tests.support.process import environment
from tests.support.receiver import receiving
from tests.support.server import ROOT, Server, serving
from tests.test_docs import blocks

SUBMIT = """mutation($url: URL!, $hook: URL!) { submitVideoTask(input: {draftUrl: $url, webhookUrl: $hook}) {
  task { id } errors { code message path } } }"""
TOLD = "query($id: ID!) { videoTask(id: $id) { webhookDeliveries { seq state attempts answer error } } }"


def documented() -> Any:
    """The check that the document gives to those who write receivers."""
    [code] = blocks("docs/webhooks.md", "python")
    names: dict[str, Any] = {}
    exec(code, names)  # the project's own document
    return names["genuine"]


INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://2130706433:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_an_inside_webhook_is_refused_at_the_submit(server: Server, canary: Canary, url: str) -> None:
    answer = server.data(SUBMIT, url=server.draft_url("hold"), hook=url.format(port=canary.port))["submitVideoTask"]
    assert answer["task"] is None
    assert answer["errors"] == [
        {
            "code": "INVALID_INPUT",
            "message": "webhookUrl leads to an address that is not public; the operator can allow its host with "
            "DRAFTCAST_ALLOW_HOSTS.",
            "path": ["input", "webhookUrl"],
        }
    ]
    assert not canary.caught()


@pytest.mark.parametrize("url", ["ftp://a.b/", "//a.b/", "javascript:alert(1)", "http://", ""])
def test_a_webhook_that_is_no_web_address_is_refused(server: Server, url: str) -> None:
    answer: Any = server.graphql(SUBMIT, url=server.draft_url("hold"), hook=url)
    data: Any = answer.get("data")
    told = data["submitVideoTask"]["errors"][0]["path"] == ["input", "webhookUrl"] if data else answer["errors"]
    assert told


def test_a_name_that_leads_inside_when_it_is_sent_is_refused_then(tmp_path: Path, canary: Canary) -> None:
    migrate(f"sqlite:///{tmp_path / 'draftcast.sqlite'}")

    async def scenario() -> Any:
        async with open_tasks(tmp_path) as tasks:
            task = await tasks.submit(webhook_url=f"http://later-inside.invalid:{canary.port}/x?token=hush")
            registry: Any = SimpleNamespace(is_leader=True)
            sender = WebhookSender(
                tasks.database,
                registry,
                FileStore.of(tasks.settings),
                Guard(()),
                "whsec_" + "A" * 32,
                lambda _: None,
            )
            async with Client(Guard(()), TIMEOUTS, Names(["127.0.0.1"])) as client:
                assert await sender.send_due(client) == 1
            return (await tasks.manager.deliveries(OWNER, task.id, PageRequest()))[0]

    delivery = asyncio.run(scenario())
    assert (delivery.state, delivery.error) == (DeliveryState.WAITING, "its address is not public")
    assert not canary.caught()


def test_redirects_of_a_receiver_are_not_followed_and_nothing_secret_is_logged(tmp_path: Path) -> None:
    with receiving(307) as receiver:
        allowed = {"allow_hosts": f"{receiver.host}"}
        with serving(tmp_path, **allowed) as server:
            made = server.data(SUBMIT, url=server.draft_url("render"), hook=receiver.url)["submitVideoTask"]
            message = receiver.next()
            told = server.data(TOLD, id=made["task"]["id"])["videoTask"]["webhookDeliveries"]
        secret = run_command(("webhook-secret",), ROOT, environment(tmp_path), 60).stdout.strip()
    assert message.path == "/hook?token=hush"
    assert message.genuine(secret)
    assert documented()(secret, message.headers, message.body)
    assert not documented()(secret, message.headers, message.body + b" ")
    assert receiver.came.empty()
    assert {each["state"] for each in told} == {"WAITING"}
    log = (tmp_path / "log").read_text()
    assert "hush" not in log


def test_a_message_with_another_secret_time_or_body_has_another_signature() -> None:
    secret, other = "whsec_" + "A" * 32, "whsec_" + "B" * 32
    usual = signed_headers(secret, "id", 1, b"{}")["webhook-signature"]
    changed = [
        signed_headers(other, "id", 1, b"{}"),
        signed_headers(secret, "id", 2, b"{}"),
        signed_headers(secret, "id", 1, b"{ }"),
    ]
    assert usual not in {each["webhook-signature"] for each in changed}


def test_only_the_owner_sees_what_became_of_the_messages(guarded: Guarded) -> None:
    url = guarded.server.draft_url("hold")
    made: Any = guarded.graphql(guarded.anna, SUBMIT, url=url, hook="http://hook.invalid/")
    task_id = made["data"]["submitVideoTask"]["task"]["id"]
    token_of = "mutation($id: ID!) { createWatchToken(id: $id) { token } }"
    made = guarded.graphql(guarded.anna, token_of, id=task_id)
    watching = made["data"]["createWatchToken"]["token"]

    def seen(key: str) -> Any:
        answer = guarded.server.post("/graphql", {"query": TOLD, "variables": {"id": task_id}}, bearing(key))
        found: Any = answer.json["data"]["videoTask"]
        return found and [each["seq"] for each in found["webhookDeliveries"]]

    assert seen(guarded.anna)
    assert seen(guarded.bert) is None
    assert seen(watching) == []
