"""What the service tells those who run it."""

import json
import re
from collections import deque
from pathlib import Path

import pytest
import yaml

from draftcast.app import create_app
from services.settings import load
from tests.support.listening import listening
from tests.support.process import Served, Working, gated_exporter
from tests.support.programs import free_port, postgres_server
from tests.support.receiver import receiving
from tests.support.server import ROOT, Server, serving
from tests.support.site import wait_until
from tests.support.streams import EVENTS, MULTIPART, streamed
from tests.support.subscriber import subscriber

DEPLOY = ROOT / "deploy"
SUBMIT = """mutation($url: URL!, $hook: URL) {
  submitVideoTask(input: {draftUrl: $url, webhookUrl: $hook}) { task { id } }
}"""
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }"
WATCH = "subscription($id: ID!) { videoTaskProgress(id: $id) { status } }"
STEADY = {"draftcast_workers", "draftcast_render_slots", "draftcast_sandbox", "draftcast_doorbell_rebuilds"}
"""Metrics that one process with one worker does not move."""


def measures(server: Server) -> dict[str, float]:
    """The measures by their names with labels."""
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = (line for line in answer.body.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def submit(server: Server, act: str, hook: str | None = None) -> str:
    """The id of a new task."""
    task_id: str = server.data(SUBMIT, url=server.draft_url(act), hook=hook)["submitVideoTask"]["task"]["id"]
    return task_id


def finish(server: Server, act: str) -> None:
    """Submit a task and watch it to its end."""
    task_id = submit(server, act)
    with subscriber(server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        list(socket.rest())


def test_the_measures_that_operators_are_told_to_watch_exist(server: Server) -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bdraftcast_\w+", text))
    told = set(re.findall(r"^# TYPE (\w+)", server.get("/metrics").body.decode(), re.MULTILINE))
    assert named
    assert named <= told


@pytest.mark.slow
def test_every_metric_of_the_dashboard_and_the_alerts_exists_with_its_labels_and_moves(tmp_path: Path) -> None:
    with receiving(500) as receiver, serving(tmp_path, allow_hosts=receiver.host) as server:
        told = [measures(server)]
        with subscriber(server.socket_url) as socket:
            socket.subscribe(WATCH, id=(held := submit(server, "hold")))
            assert any(socket.next()["videoTaskProgress"]["status"] == "PROCESSING" for _ in range(9))
            submit(server, "render", f"{receiver.url}/hook")
            told.append(measures(server))
            server.data(CANCEL, id=held)
        finish(server, "fail")
        finish(server, "draw")
        receiver.next()
        wait_until(lambda: 'draftcast_webhook_tries_total{state="WAITING"}' in measures(server))
        told.append(measures(server))
    samples = {sample.partition("{")[0] for each in told for sample in each}
    moved = {name for name in samples if len({_sum(each, name) for each in told}) > 1}
    labels = {name: set(re.findall(r"(\w+)=", rest)) for name, _, rest in (each.partition("{") for each in told[-1])}
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())["groups"][0]["rules"]
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    for expression in [*expressions, *(rule["expr"] for rule in rules)]:
        (name,) = set(re.findall(r"draftcast_\w+", expression))
        assert name in (samples if name in STEADY else moved), expression
        grouped = re.search(r"by \(([\w, ]+)\)", expression)
        assert not grouped or set(grouped[1].split(", ")) <= labels[name], expression
    assert all(rule["annotations"].keys() == {"summary", "action"} for rule in rules)


def _sum(told: dict[str, float], name: str) -> float:
    return sum(value for sample, value in told.items() if sample.partition("{")[0] == name)


def test_a_server_that_works_is_alive_and_ready(server: Server) -> None:
    assert server.get("/healthz").status == 200
    answer = server.get("/readyz")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    checks = {"database": "ok", "disk": "ok", "doorbell": "ok", "worker": "ok"}
    assert answer.json == {"ready": True, "checks": checks}


def test_the_measures_count_ends_stages_and_listeners(server: Server) -> None:
    before = measures(server)
    finish(server, "render")
    finish(server, "fail")
    finish(server, "draw")
    after = measures(server)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more('draftcast_attempts_ended_total{code="",status="COMPLETED"}') == 1
    assert more('draftcast_attempts_ended_total{code="DRAFT_EMPTY",status="FAILED"}') == 1
    assert more('draftcast_attempts_ended_total{code="DRAFT_URL_REFUSED",status="FAILED"}') == 1
    fetched_in_vain = {name: more(name) for name in after if name.startswith("draftcast_fetch_errors_total")}
    assert (
        sum(fetched_in_vain.values()) == fetched_in_vain['draftcast_fetch_errors_total{code="DRAFT_URL_REFUSED"}'] == 1
    )
    assert more('draftcast_stage_seconds_count{stage="EXPORTING"}') == 1
    assert after['draftcast_tasks{status="PENDING"}'] == 0
    assert (after["draftcast_workers"], after["draftcast_render_slots"]) == (1, 2)


def test_the_measures_count_subscribers_and_messages_by_transport(server: Server) -> None:
    task_id = server.data(SUBMIT, url=server.draft_url("gated"))["submitVideoTask"]["task"]["id"]
    before = measures(server)

    def more(name: str) -> list[float]:
        labeled = [f'{name}{{transport="{transport}"}}' for transport in ("websocket", "sse", "multipart")]
        now = measures(server)
        return [now[each] - before[each] for each in labeled]

    with (
        subscriber(server.socket_url) as first,
        subscriber(server.socket_url) as second,
        streamed(server.port, WATCH, {"id": task_id}) as events,
        streamed(server.port, WATCH, {"id": task_id}, accept=MULTIPART) as multipart,
    ):
        heard = events.results()
        next(heard)
        for socket in (first, second):
            socket.subscribe(WATCH, id=task_id)
            socket.next()
        assert more("draftcast_subscribers") == [2, 1, 1]
        server.open_gate(6)
        by_socket = [1 + len(list(socket.rest())) for socket in (first, second)]
        by_event = 1 + len(list(heard))
        in_parts = len([payload for payload in multipart.payloads() if payload])
        assert events.rest() == multipart.rest() == b""
    assert more("draftcast_messages_total") == [sum(by_socket), by_event, in_parts]
    assert more("draftcast_subscribers") == [0, 0, 0]


def test_every_end_of_a_subscription_is_counted_with_its_reason(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        task_id = server.data(SUBMIT, url=server.draft_url("hold"))["submitVideoTask"]["task"]["id"]
        before = measures(server)

        def ended(transport: str, reason: str) -> float:
            name = f'draftcast_stream_ends_total{{reason="{reason}",transport="{transport}"}}'
            return measures(server)[name] - before[name]

        with subscriber(server.socket_url) as client:
            for number in ("1", "2"):
                client.send(
                    {"type": "subscribe", "id": number, "payload": {"query": WATCH, "variables": {"id": task_id}}}
                )
                client.receive()
            client.send({"type": "complete", "id": "1"})
            client.send({"type": "nonsense"})
            wait_until(lambda: (ended("websocket", "client"), ended("websocket", "fault")) == (1, 1))
        for accept in (EVENTS, MULTIPART):
            with streamed(server.port, WATCH, {"id": task_id}, accept=accept) as stream:
                stream.read_some()
        wait_until(lambda: (ended("sse", "client"), ended("multipart", "client")) == (1, 1))
        with subscriber(server.socket_url) as client, streamed(server.port, WATCH, {"id": task_id}) as stream:
            stream.read_some()
            client.subscribe(WATCH, id=task_id)
            client.next()
            server.data(CANCEL, id=task_id)
            deque(client.rest(), 0)
            stream.rest()
        wait_until(lambda: (ended("websocket", "completed"), ended("sse", "completed")) == (1, 1))


@pytest.mark.slow
def test_a_server_whose_database_is_away_is_alive_and_not_ready(tmp_path: Path) -> None:
    with postgres_server() as database:
        settings = load(data_dir=tmp_path, database_url=database.database())
        with listening(create_app(settings, work=False)) as port:
            server = Server(port, tmp_path)
            assert server.get("/readyz").json == {
                "ready": True,
                "checks": {"database": "ok", "disk": "ok", "doorbell": "ok", "worker": "failing"},
            }
            database.stop()
            assert server.get("/healthz").status == 200
            answer = server.get("/readyz")
            assert (answer.status, answer.json["checks"]["database"]) == (503, "failing")
            assert server.get("/metrics").status == 503


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_each_is_read_only(server: Server, path: str) -> None:
    assert server.post(path, {}).status == 405


@pytest.mark.slow
def test_a_worker_without_the_api_tells_of_itself(tmp_path: Path) -> None:
    port = free_port()
    database = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    api = Served(tmp_path / "api", "--no-worker", database_url=database)
    working = Working(
        tmp_path / "worker",
        database_url=database,
        watch_port=str(port),
        exporter=gated_exporter(tmp_path),
        files_url=(tmp_path / "files").as_uri(),
    )
    try:
        api.launch()
        working.begin()
        api.wait()
        finish(api.server, "render")
        told = Server(port, tmp_path)
        assert told.get("/readyz").json["checks"]["worker"] == "ok"
        assert measures(told)['draftcast_attempts_ended_total{code="",status="COMPLETED"}'] == 1
        assert told.get("/graphql").status == 404
    finally:
        working.stop()
        api.stop()
