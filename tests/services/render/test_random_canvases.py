"""Every family is drawn on the canvases people use, however long it lasts: the first frame of a chunk is drawn by the
whole graph of the chunk.

Without DRAFTCAST_FUZZ, the families of animation as cells of one small canvas, and a few drafts of full size;
`make fuzz` draws each family by itself on each canvas.
"""

import os
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from services.drafts.design import AnimationPhase
from tests.support import kinds
from tests.support.kinds import PHOTO, TEXT, VIDEO, Row
from tests.support.uncoded import begun, timeline_of

LONG = "DRAFTCAST_FUZZ" in os.environ
CANVASES = ((1080, 1920), (1920, 1080), (1280, 1920), (1440, 1920), (3840, 2160))
SECONDS = (0.3, 5, 60)
S = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kinds.files(tmp_path_factory.mktemp("canvases"))


def families(length_us: int) -> dict[str, Row]:
    """Every family alone."""
    played = [
        kinds.animations(length_us, each, phase) for each in (VIDEO, PHOTO, TEXT) for phase in AnimationPhase
    ]  # fmt: skip
    found: dict[str, Row] = {}
    for each in (
        *played, kinds.materials(length_us), kinds.curves(length_us, VIDEO), kinds.curves(length_us, PHOTO),
        kinds.masks(length_us), kinds.effects(length_us, VIDEO), kinds.lenses(0, length_us), kinds.blends(length_us),
        kinds.backdrops(length_us), kinds.transitions(0, length_us // 2, length_us, min(2 * S, length_us // 2)),
    ):  # fmt: skip
        found |= each
    return found


NAMES = list(families(S))


def check(folder: Path, work: Path, rows: Sequence[Row], size: tuple[int, int], length_us: int) -> None:
    ground = (kinds.segment("ground", VIDEO, 0, length_us),)
    begun(timeline_of(kinds.draft([ground, *rows], *size), folder, work))


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.parametrize("phase", AnimationPhase)
def test_an_animation_of_any_length_is_drawn(folder: Path, tmp_path: Path, phase: AnimationPhase, seconds: int) -> None:
    rows = kinds.in_cells(list(kinds.animations(seconds * S, PHOTO, phase).values()), 4)
    check(folder, tmp_path, rows, (128, 192), seconds * S)


def test_a_swing_of_five_seconds_is_drawn_on_a_canvas_of_1280_by_1920(folder: Path, tmp_path: Path) -> None:
    rows = kinds.animations(5 * S, PHOTO, AnimationPhase.GROUP)
    check(folder, tmp_path, [rows["swing group photo"]], (1280, 1920), 5 * S)


ALL = list(product(NAMES, CANVASES, SECONDS))


@pytest.mark.parametrize(("name", "size", "seconds"), ALL if LONG else ALL[:: len(ALL) // 2], ids=str)
def test_every_family_is_drawn_on_every_canvas(
    folder: Path, tmp_path: Path, name: str, size: tuple[int, int], seconds: float
) -> None:
    length_us = round(seconds * S)
    check(folder, tmp_path, [families(length_us)[name]], size, length_us)
