"""A short form of `make test-faults`: what was acknowledged ends once, and clients are told the truth."""

from pathlib import Path

from tests.support.campaign import campaign
from tests.support.faults import on_postgres, on_sqlite
from tests.support.programs import S3, Postgres, Redis


def test_one_process_on_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    with on_sqlite(tmp_path) as ground:
        report = campaign("SQLite", 2, ground)
        assert report.verdict.acknowledged > 0
        assert report.broken == [], report


def test_many_processes_on_postgres_keep_their_promises(
    tmp_path: Path, postgres: Postgres, redis: Redis, s3: S3
) -> None:
    with on_postgres(tmp_path, postgres, redis, s3) as ground:
        report = campaign("Postgres", 4, ground)
        assert report.verdict.acknowledged > 0
        assert report.broken == [], report
