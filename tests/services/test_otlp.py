"""Telling a collector, as far as it needs no whole server."""

import asyncio
import socket
import uuid
from collections import Counter

import pytest

from services.telemetry import otlp
from services.telemetry.traces import ROOT, Span
from tests.support.collector import Collector, collecting, telling


def spans_of(task_id: str) -> list[Span]:
    """A root and its child."""
    root = Span(task_id=task_id, path=ROOT, parent=None, name=ROOT, start_ms=1, end_ms=2)
    return [root, Span(task_id=task_id, path="wait/1", name="wait", start_ms=2, end_ms=3)]


def told(monkeypatch: pytest.MonkeyPatch, url: str, tasks: list[str], **more: str) -> None:
    """Tell of these tasks, in two processes as it were: roots by the one, children by the other."""
    for name, value in telling(url, **more).items():
        monkeypatch.setenv(name, value)

    async def tell() -> None:
        async with asyncio.timeout(30), otlp.collector() as api, otlp.collector() as worker:
            for task_id in tasks:
                root, child = spans_of(task_id)
                worker(child)
                api(root)

    asyncio.run(tell())


@pytest.fixture(scope="module")
def tasks() -> list[str]:
    return [uuid.uuid4().hex for _ in range(200)]


def kept(collector: Collector, tasks: list[str]) -> Counter[int]:
    """How many traces have how many spans."""
    return Counter(len(collector.of_task(task_id)) for task_id in tasks)


def test_what_is_left_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch, tasks: list[str]) -> None:
    with collecting() as collector:
        told(monkeypatch, collector.url, tasks, BSP_SCHEDULE_DELAY="60000")
        assert kept(collector, tasks) == {2: 200}


def test_of_a_sample_each_trace_is_whole_or_absent(monkeypatch: pytest.MonkeyPatch, tasks: list[str]) -> None:
    with collecting() as collector:
        told(monkeypatch, collector.url, tasks, TRACES_SAMPLER="parentbased_traceidratio", TRACES_SAMPLER_ARG="0.5")
        found = kept(collector, tasks)
        assert set(found) == {0, 2}
        assert 50 < found[2] < 150


def test_a_collector_that_never_answers_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch, tasks: list[str]
) -> None:
    monkeypatch.setattr(otlp, "FLUSH_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}", tasks, EXPORTER_OTLP_TIMEOUT="600")
