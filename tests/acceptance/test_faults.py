"""A short form of `make test-faults`: what was acknowledged ends once, and clients are told the truth."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.soak.campaign import campaign, rolling_restart
from tests.soak.faults import on_postgres, on_sqlite
from tests.support.programs import S3, Postgres, Redis
from tests.support.server import Server


@pytest.mark.long
def test_one_process_on_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    with on_sqlite(tmp_path) as ground:
        report = campaign("SQLite", 2, ground)
        assert report.verdict.acknowledged > 0
        assert report.broken == [], report


@pytest.mark.long
def test_many_processes_on_postgres_keep_their_promises(
    tmp_path: Path, postgres: Postgres, redis: Redis, s3: S3
) -> None:
    with on_postgres(tmp_path, postgres, redis, s3) as ground:
        report = campaign("Postgres", 4, ground)
        assert report.verdict.acknowledged > 0
        assert report.broken == [], report


@pytest.mark.long
def test_a_rolling_restart_costs_nobody_a_task_or_an_event(
    tmp_path: Path, postgres: Postgres, redis: Redis, s3: S3
) -> None:
    with on_postgres(tmp_path, postgres, redis, s3, apis=2) as ground:
        ground.processes = {name: group[:1] for name, group in ground.processes.items()}
        report = rolling_restart("Rolling restart", ground, renders=8, subscribers=16)
        assert report.faults.keys() == {"API restarted", "worker restarted"}
        assert report.verdict.ends["COMPLETED"] >= 8
        assert report.broken == [], report


def test_who_holds_the_sqlite_file_holds_up_submits_and_nothing_else(server: Server) -> None:
    ask = "query($url: URL!) { videoTasks(filter: {draftUrl: $url}) { nodes { status } } }"
    url = server.draft_url()
    file = server.folder / "data" / "draftcast.sqlite"
    with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(server.post, "/v1/gen_video", {"draft_url": url})
        assert server.data(ask, url=url)["videoTasks"]["nodes"] == []
        assert not waiting.done()
        other.execute("ROLLBACK")
        assert waiting.result(30).status == 200
    assert len(server.data(ask, url=url)["videoTasks"]["nodes"]) == 1
