"""SECURITY.md names every bound, where it is kept, and its test."""

import re

import pytest

from tests.support.server import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("## Bounds\n")[2].partition("\n## ")[0]
ROWS = [line.strip("|").split("|") for line in TABLE.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_a_bound_has_a_keeper_and_a_test_that_are_there(row: list[str]) -> None:
    _, bound, maintenance, test = row
    assert bound.strip()
    for cell in (maintenance, test):
        names = re.findall(r"`([^`]+)`", cell)
        assert names
        for name in names:
            assert (ROOT / name).is_file(), name


def test_there_are_rows() -> None:
    assert len(ROWS) >= 20
