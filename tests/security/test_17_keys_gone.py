"""A server that has had keys lets nobody in when they are gone; what it stores is readable by its own user alone."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from tests.support.keys import bearing, new_key
from tests.support.process import served
from tests.support.server import Server

SCHEMA = {"query": "{ queue { pending } }"}


def status(server: Server, key: str | None = None) -> int:
    return server.post("/graphql", SCHEMA, bearing(key) if key else {}).status


def test_a_server_whose_keys_are_gone_stays_shut(tmp_path: Path) -> None:
    key = new_key(tmp_path, "anna")
    with served(tmp_path) as running:
        server = running.start()
        assert (status(server), status(server, key)) == (401, 200)
        with closing(sqlite3.connect(tmp_path / "data" / "draftcast.sqlite")) as database, database:
            database.execute("DELETE FROM draftcast_keys")
        while status(server, key) == 200:
            pass
        assert status(server) == 401
        assert "all keys are gone from the database" in running.log


def test_what_the_server_stores_is_readable_by_its_own_user_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = os.umask(0o022)
    try:
        with served(tmp_path) as running:
            running.start()
            found = [data, *data.rglob("*")]
    finally:
        os.umask(before)
    assert data / "draftcast.sqlite" in found
    theirs = [path for path in found if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert not theirs
