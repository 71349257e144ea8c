import os
from collections import defaultdict
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.support.process import Process
from tests.support.programs import S3, Postgres, Redis, postgres_server, redis_server, s3_server
from tests.support.server import Server, serving

settings.register_profile("draftcast", settings(), deadline=None)  # figures belong to the benches, see CONTRIBUTING.md
settings.load_profile("draftcast")
Process.forks = True
os.environ["LC_ALL"] = "C.UTF-8"  # the command line speaks the language of its reader


@pytest.fixture(scope="session", autouse=True)
def no_fuzz_setting() -> None:
    """Remove what test modules have read by now, and the service would take for a setting."""
    os.environ.pop("DRAFTCAST_FUZZ", None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A running server with the test exporter and two render slots, shared by all tests that leave it as it was."""
    with serving(tmp_path_factory.mktemp("server"), render_slots="2") as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """A running PostgreSQL server, shared by all tests that leave it running."""
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="session")
def redis() -> Generator[Redis]:
    """A running Redis server, shared by all tests that leave it running."""
    with redis_server() as running:
        yield running


@pytest.fixture(scope="session")
def s3() -> Generator[S3]:
    """A running S3 server with an empty bucket."""
    with s3_server() as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long the tests of each folder took, all workers together."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.location[0].rpartition("/")[0]] += report.duration
    if len(seconds) > 1:
        terminalreporter.section("seconds by folder")
        for folder, spent in sorted(seconds.items(), key=lambda each: -each[1]):
            terminalreporter.write_line(f"{spent:7.1f} {folder}")
