"""A short form of `make test-faults`: what was acknowledged ends once, and clients are told the truth."""

from pathlib import Path

from tests.support.campaign import Report, campaign, on_postgres, on_sqlite
from tests.support.programs import Postgres, Redis


def keeps_its_promises(report: Report) -> None:
    """Nothing lost, nothing doubled, nothing told wrongly, nothing left behind."""
    found = report.verdict
    assert found is not None
    assert found.acknowledged > 0
    assert (found.lost, found.doubled, found.untrue, report.leftovers) == ([], [], [], []), report


def test_one_process_on_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    with on_sqlite(tmp_path) as (faults, server, works):
        keeps_its_promises(campaign("SQLite", 2, faults, server, works))


def test_many_processes_on_postgres_keep_their_promises(tmp_path: Path, postgres: Postgres, redis: Redis) -> None:
    with on_postgres(tmp_path, postgres, redis) as (faults, server, works):
        keeps_its_promises(campaign("Postgres", 4, faults, server, works))
