"""Traces: what an API process and a worker tell a collector of the same tasks."""

import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.collector import Told, collecting, telling
from tests.support.drafts import DraftBuilder
from tests.support.media import plain
from tests.support.process import DRAFTCAST, Served, Working, environment, gated_exporter, served
from tests.support.programs import free_port
from tests.support.receiver import receiving
from tests.support.server import ROOT, Server
from tests.support.servers import DraftServer
from tests.support.site import wait_until
from tests.support.subscriber import subscriber

CANARY = "canary7f3a"
SUBMIT = """
mutation($url: URL!, $hook: URL) {
  submitVideoTask(input: {draftUrl: $url, webhookUrl: $hook}) { task { id } errors { message } }
}
"""
RETRY = "mutation($id: ID!) { retryVideoTask(id: $id) { errors { message } } }"
WATCH = "subscription($id: ID!) { videoTaskProgress(id: $id) { status } }"
STAGES = ["STARTED", "PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE"]


def submitted(server: Server, url: str, **more: object) -> str:
    answer = server.data(SUBMIT, url=url, **more)["submitVideoTask"]
    assert not answer["errors"]
    return str(answer["task"]["id"])


def watched(server: Server, task_id: str) -> str:
    """The status in which the task ends."""
    with subscriber(server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        return str([event["videoTaskProgress"]["status"] for event in socket.rest()][-1])


def tell(monkeypatch: pytest.MonkeyPatch, url: str, **more: str) -> None:
    """Processes that are started from now on tell this collector."""
    for name, value in telling(url, **more).items():
        monkeypatch.setenv(name, value)


@dataclass(frozen=True)
class Story:
    """The spans of a task that was completed, and of one that failed and was tried again."""

    completed: list[Told]
    failed: list[Told]
    paths: set[str]
    completed_id: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Generator[Story]:
    folder: Path = tmp_path_factory.mktemp("traces")
    plain(folder / "one.png", (200, 80, 40), 64, 36)
    database = f"sqlite:///{folder / 'shared.sqlite'}"
    with pytest.MonkeyPatch.context() as environment, collecting() as collector, receiving() as receiver:
        tell(environment, collector.url, RESOURCE_ATTRIBUTES="deployment.environment=tests")
        with DraftServer() as drafts:
            content = DraftBuilder(64, 36, 10).photo("one.png", 0, 1_000_000)
            good = drafts.add_draft("good", content.bytes(), {"one.png": (folder / "one.png").read_bytes()})
            missing = f"http://user:{CANARY}@127.0.0.1:{drafts.port}/gone.png?signature={CANARY}"
            bad = drafts.add_draft("bad", DraftBuilder(64, 36).photo(missing, 0, 1_000_000).bytes())
            shared: dict[str, Any] = {"database_url": database, "allow_hosts": f"{drafts.host} {receiver.host}"}
            api = Served(folder / "api", "--no-worker", **shared)
            worker = Working(folder / "worker", files_url=(folder / "files").as_uri(), **shared)
            try:
                api.launch()
                worker.begin()
                api.wait()
                hook = f"{receiver.url}&secret={CANARY}"
                completed = submitted(api.server, f"{good}&token={CANARY}", hook=hook)
                assert watched(api.server, completed) == "COMPLETED"
                assert [receiver.next().json["data"]["event"]["seq"] for _ in range(3)]
                failed = submitted(api.server, f"{bad}&token={CANARY}")
                assert watched(api.server, failed) == "FAILED"
                assert not api.server.data(RETRY, id=failed)["retryVideoTask"]["errors"]
                assert watched(api.server, failed) == "FAILED"
            finally:
                worker.stop()
                api.stop()
            yield Story(collector.of_task(completed), collector.of_task(failed), collector.paths, completed)


def only(spans: list[Told], name: str) -> Told:
    (found,) = [span for span in spans if span.name == name]
    return found


def test_a_task_is_one_trace_from_its_submit_to_its_stages(story: Story) -> None:
    root = only(story.completed, "submit")
    assert (root.parent, root.kind, root.trace) == ("", "PRODUCER", story.completed_id)
    attempt = only(story.completed, "attempt")
    assert (attempt.parent, attempt.kind) == (root.id, "CONSUMER")
    assert only(story.completed, "wait").parent == root.id
    assert [span.name for span in story.completed if span.parent == attempt.id] == STAGES
    assert len({span.id for span in story.completed}) == len(story.completed)
    assert story.paths == {"/v1/traces"}


def test_spans_follow_each_other_in_time(story: Story) -> None:
    submit, wait, attempt = (only(story.completed, name) for name in ("submit", "wait", "attempt"))
    assert submit.start_ns <= wait.start_ns <= wait.end_ns == attempt.start_ns < attempt.end_ns
    stages = [span for span in story.completed if span.parent == attempt.id]
    assert stages[0].start_ns == attempt.start_ns
    assert [stage.start_ns for stage in stages[1:]] == [stage.end_ns for stage in stages[:-1]]
    assert stages[-1].end_ns == attempt.end_ns


def test_spans_say_how_much_was_done(story: Story) -> None:
    exporting = only(story.completed, "EXPORTING").facts
    assert (exporting["draftcast.frames.done"], exporting["draftcast.frames.total"]) == (10, 10)
    assert only(story.completed, "PARSING_DRAFT").facts["draftcast.bytes.done"] > 0
    assert only(story.completed, "PREPARING").facts["draftcast.files.done"] == 1
    attempt = only(story.completed, "attempt").facts
    assert (attempt["draftcast.outcome"], attempt["draftcast.video.frames"]) == ("COMPLETED", 10)


def test_each_process_says_who_it_is(story: Story) -> None:
    assert {span.process["service.name"] for span in story.completed} == {"draftcast"}
    assert {span.process["deployment.environment"] for span in story.completed} == {"tests"}
    processes = [only(story.completed, name).process["service.instance.id"] for name in ("submit", "attempt")]
    assert processes[0] != processes[1]


def test_webhooks_are_told_of_in_the_trace(story: Story) -> None:
    told = [span for span in story.completed if span.name == "webhook"]
    assert len({span.facts["draftcast.seq"] for span in told}) == 3
    for span in told:
        assert (span.kind, span.facts["http.response.status_code"], span.failed) == ("CLIENT", 204, False)
        assert span.parent == only(story.completed, "submit").id


def test_a_failure_stands_in_its_attempt_and_stage(story: Story) -> None:
    attempts = [span for span in story.failed if span.name == "attempt"]
    assert [span.facts["draftcast.attempt"] for span in attempts] == [1, 2]
    for attempt in attempts:
        assert (attempt.failed, attempt.facts["error.type"]) == (True, "MATERIAL_UNREACHABLE")
        assert attempt.message.startswith("MATERIAL_UNREACHABLE: ")
        stages = [span for span in story.failed if span.parent == attempt.id]
        assert [(span.name, span.failed) for span in stages][-1] == ("PREPARING", True)
        assert not any(span.failed for span in stages[:-1])
    assert only(story.failed, "retry").parent == only(story.failed, "submit").id
    assert len([span for span in story.failed if span.name == "wait"]) == 2


def test_no_span_holds_a_secret(story: Story) -> None:
    assert only(story.completed, "submit").facts["url.full"].endswith("/get_draft")
    assert CANARY not in repr([*story.completed, *story.failed])


@pytest.mark.long
def test_a_collector_that_is_away_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    tell(monkeypatch, f"http://127.0.0.1:{port}", EXPORTER_OTLP_TIMEOUT="1")
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as process:
        server = process.start()
        for _ in range(3):
            assert watched(server, submitted(server, server.draft_url())) == "COMPLETED"
        wait_until(lambda: "the collector does not accept traces" in process.log)
        with collecting(port) as collector:
            last = submitted(server, server.draft_url())
            assert watched(server, last) == "COMPLETED"
            collector.wait(last, lambda spans: any(span.name == "attempt" for span in spans))
            process.stop()
        said = [line for line in process.log.splitlines() if "collector" in line or "opentelemetry" in line]
        assert [line.partition(" services.telemetry.otlp: ")[2].partition(";")[0] for line in said] == [
            "the collector does not accept traces",
            "the collector accepts traces again",
        ]


def test_opentelemetry_is_not_even_loaded_where_no_collector_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    tell(monkeypatch, "http://127.0.0.1:9", SDK_DISABLED="true")
    with served(tmp_path) as process:
        process.forks = False  # its own imports are looked at
        process.start()
        process.stop()
        assert "services.compose" in process.log
        assert "opentelemetry" not in process.log


@pytest.mark.parametrize(
    ("command", "name", "value", "line"),
    [
        ("serve", "ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT: must begin with http:// or https://"),
        ("work", "PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is supported (got 'grpc')"),
    ],
)
def test_a_collector_that_cannot_be_told_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str, line: str
) -> None:
    tell(monkeypatch, "http://127.0.0.1:9", **{f"EXPORTER_OTLP_{name}": value})
    refused = subprocess.run([*DRAFTCAST, command], env=environment(tmp_path), capture_output=True, text=True, cwd=ROOT)
    assert refused.returncode == 1
    assert line in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
