"""Row 8: whatever a stranger calls a file, it lies where we want it and is read from nowhere else."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fetching import kept, material
from tests.support.servers import DraftServer, statuses


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


@pytest.mark.parametrize(
    "name",
    [
        "/../../escape",
        "/..%2f..%2fescape",
        "/x?name=../../../x",
        "/C:\\x",
        "/..\\..\\x",
        "/x%00y",
        "//etc/x",
        "/.",
        "/",
    ],
)
def test_remote_names_are_never_file_names(tmp_path: Path, server: DraftServer, name: str) -> None:
    for path in ("/escape", "/../../escape", "/x", "/C:\\x", "/..\\..\\x", "/C:/x", "/x\0y", "//etc/x", "/"):
        server.answers[path] = statuses([200], b"here", {"Content-Disposition": 'attachment; filename="../../y"'})
    files = material(tmp_path, server, server.base + name)
    assert files == [b"here"]
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "materials"}
    assert [path.name for path in kept(tmp_path)] == [hashlib.sha256(b"here").hexdigest()]
