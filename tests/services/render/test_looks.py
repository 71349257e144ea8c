"""Colour tables of the operator, drawn."""

from pathlib import Path

import pytest

from tests.support.drafts import DraftBuilder
from tests.support.media import BLUE, plain
from tests.support.render import Rendered, render
from tests.support.video import near

SECOND = 1_000_000
RED = "\n".join(("LUT_3D_SIZE 2", *["1 0 0"] * 8))
"""A table that makes everything red."""


def filtered(folder: Path, table: str) -> Rendered:
    """A blue picture through a filter that the operator's table draws."""
    plain(folder / "blue.png", BLUE, 64, 36)
    draft = DraftBuilder(64, 36).photo("blue.png", 0, SECOND // 10)
    draft.using("effects", type="filter", name="海边", value=1.0)
    (folder / "looks").mkdir()
    (folder / "looks" / "海边.cube").write_text(table)
    return render(folder, draft, looks=[str(folder / "looks")])


def test_the_operators_table_draws_the_filter_as_designed(tmp_path: Path) -> None:
    rendered = filtered(tmp_path, RED)
    assert rendered.warnings == []
    assert near(tuple(rendered.video.rgb(1)[18, 32].tolist()), (255, 0, 0), 6)


@pytest.mark.parametrize("table", ["", RED + " 7\n1 0"])
def test_a_table_that_broke_since_the_start_is_told_and_not_used(tmp_path: Path, table: str) -> None:
    rendered = filtered(tmp_path, table)
    (told,) = rendered.warnings
    assert "海边.cube of DRAFTCAST_LOOKS is not used" in str(told)
    assert rendered.video.rgb(1)[18, 32, 2] > 200
