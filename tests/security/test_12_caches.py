"""Row 12: what the server keeps of documents, of those that it refuses as well, is bounded in bytes."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from schema.execution.build import build_schema
from schema.execution.plans import Planner
from schema.execution.results import Operation
from services.lru_cache import SHARE, LruCache
from tests.support.matrix import sampled
from tests.support.process import Served, served

MEGABYTE = 1024 * 1024
TASK = 'videoTask(id: "x")'
SHAPES: dict[str, Callable[[int], str]] = {
    "refused for their cost": lambda n: f"query q{n} {{ " + "queue { pending } " * 270 + "}",
    "refused for their literals": lambda n: (
        "{videoTasks(filter:{" + " ".join(f"a{n}{m}: 1" for m in range(500)) + "}){id}}"
    ),
    "of another schema": lambda n: f"query q{n} {{ " + " ".join(f"no{m}" for m in range(390)) + " }",
    "no GraphQL": lambda n: f"query q{n} {{ " + "( " * 1900,
    "plain": lambda n: f"query q{n} {{ {TASK} {{ " + " ".join(f"a{m}: id" for m in range(95)) + " } }",
    "many fields of one fragment": lambda n: (
        f"query q{n} {{ {TASK} {{ stages {{ ...f }} a: stages {{ ...f }} b: stages {{ ...f }} }} }} "
        "fragment f on VideoTaskStage { " + " ".join(f"b{m}: stage" for m in range(30)) + " }"
    ),
    "subscriptions": lambda n: (
        f'subscription q{n} {{ videoTaskProgress(id: "x") {{ task {{ '
        + " ".join(f"a{m}: id" for m in range(95))
        + " } } }"
    ),
    "short": lambda n: f'{{ videoTask(id: "{n}") {{ id }} }}',
    "long": lambda n: f'{{ videoTask(id: "{n}{"x" * 25_000}") {{ id }} }}',
}


@pytest.mark.parametrize("shape", sampled(SHAPES.values(), 3), ids=SHAPES)
def test_what_is_kept_takes_no_more_than_is_counted(shape: Callable[[int], str]) -> None:
    schema = build_schema()
    planner = Planner(schema, compiling=True)
    planner.plan(Operation(shape(-1)))
    caches = (planner.plans, planner.shapes, planner.variables, schema.documents.cache)
    counted_before = sum(cache.size_bytes for cache in caches)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(10):
            planner.plan(Operation(shape(number)))
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken <= sum(cache.size_bytes for cache in caches) - counted_before + MEGABYTE // 8


def test_all_that_planning_keeps_fits_into_its_room() -> None:
    schema = build_schema()
    planner = Planner(schema, compiling=True)
    for number in range(100):
        for name in ("plain", "subscriptions"):
            planner.plan(Operation(SHAPES[name](number)))
    sizes = [cache.size_bytes for cache in (planner.plans, planner.shapes, planner.variables, schema.documents.cache)]
    assert 10 * MEGABYTE < sum(sizes) < 32 * MEGABYTE


def test_a_plan_whose_writing_is_forgotten_is_made_anew() -> None:
    planner = Planner(build_schema(), compiling=True)
    plain = Operation('{ videoTask(id: "x") { id } }')
    first = planner.plan(plain)
    for number in range(100):
        planner.plan(Operation(SHAPES["plain"](number)))
    again = planner.plan(plain)
    assert first is not None
    assert again is not None
    assert again.plain
    assert not again.outdated


def test_what_was_used_longest_ago_goes_first_and_what_is_too_large_is_not_kept() -> None:
    gone: list[str] = []
    kept: LruCache[str] = LruCache(10 * SHARE, on_evict=gone.append)
    for name in "abcdefgh":
        kept.put(name, name, 10)
    assert kept.get("a") == "a"
    kept.put("i", "i", 10)
    kept.put("too large", "too large", 11)
    assert (kept.get("b"), kept.get("too large"), gone) == (None, None, ["b"])
    assert kept.put("a", "another a", 1) == "another a"
    assert (kept.get("a"), gone, kept.size_bytes) == ("another a", ["b", "a"], 71)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("caches")
    with served(folder, "--no-worker", queries_per_minute="0") as running:
        running.start()
        yield running


@pytest.mark.long
def test_strangers_fill_no_more_than_50_megabytes_with_documents(process: Served) -> None:
    memory = psutil.Process(process.pid).memory_info
    for shape in SHAPES.values():
        process.server.graphql(shape(-1))
    before = memory().rss
    for number in range(100):
        for shape in SHAPES.values():
            process.server.graphql(shape(number))
    for language in range(300):
        headers = {
            "accept-language": f"zh-{language}" + "x" * 10_000,
            "accept": f"application/json;v={language}" + "x" * 9_000,
        }
        process.server.post("/v1/gen_video_status", {"draft_url": f"http://a/{language}"}, headers)
        process.server.post("/graphql", {"query": "{ __typename }"}, headers)
    assert memory().rss - before < 50 * MEGABYTE
