"""Nobody can see where a chunk or a part of a video ends: every kind of item, cut at each of its frames, gives the
frames of the render that is not cut. Frames are compared as they are drawn, before they are encoded.

With DRAFTCAST_FUZZ, every kind is also cut in two at each frame, also on a canvas that is clear (`make fuzz`).
"""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.drafts.design import AnimationPhase
from services.render.scene import Span, Timeline
from tests.support import kinds
from tests.support.kinds import PHOTO, TEXT, VIDEO, Row
from tests.support.uncoded import Frames, frames, timeline_of

LONG = "DRAFTCAST_FUZZ" in os.environ
RATE = 30
COUNT = 8
LENGTH_US = COUNT * 1_000_000 // RATE
WIDTH, HEIGHT = 160, 90
OFF = 1
"""What a code may differ by: a pixel's place may round otherwise by the last bit of a time."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kinds.files(tmp_path_factory.mktemp("kinds"))


def cuts(count: int) -> list[list[Span]]:
    """Ways to cut so many frames; every frame begins a piece in one of them, and ends one in another."""
    by_twos = [[Span(start, end) for start, end in pairwise(sorted({0, *range(first, count, 2), count}))]
               for first in (1, 2)]  # fmt: skip
    halves = [[Span(0, cut), Span(cut, count)] for cut in range(1, count)]
    singles = [[Span(frame, frame + 1) for frame in range(count)]]
    return [*by_twos, *halves, *singles] if LONG else by_twos


def differing(whole: Frames, found: Frames) -> list[int]:
    """The frames that are not the same."""
    assert len(whole) == len(found)
    return [number for number, (one, other) in enumerate(zip(whole, found, strict=True)) if _differ(one, other)]


def _differ(one: Frames, other: Frames) -> bool:
    return int(np.abs(one.astype(np.int16) - other).max()) > OFF


def check(timeline: Timeline, ways: Sequence[Sequence[Span]]) -> None:
    whole = frames(timeline)
    assert len(whole) == timeline.frames
    for spans in ways:
        assert differing(whole, frames(timeline, spans)) == [], spans


GROUPS: dict[str, dict[str, Row]] = {
    "materials": kinds.materials(LENGTH_US),
    "curves": kinds.curves(LENGTH_US, VIDEO) | kinds.curves(LENGTH_US, PHOTO),
    "masks": kinds.masks(LENGTH_US),
    "effects": kinds.effects(LENGTH_US, VIDEO),
    "effects of what stands": kinds.effects(LENGTH_US, PHOTO),
    "blends": kinds.blends(LENGTH_US),
    "transitions": kinds.transitions(0, LENGTH_US // 2, LENGTH_US, LENGTH_US * 3 // 4),
    **{f"{phase} photo": kinds.animations(LENGTH_US, PHOTO, phase) for phase in AnimationPhase},
    **{f"{phase} text": kinds.animations(LENGTH_US, TEXT, phase) for phase in AnimationPhase},
}


@pytest.mark.parametrize("clear", [False, True] if LONG else [False])
@pytest.mark.parametrize("group", GROUPS)
def test_whatever_is_cut_shows_the_frames_of_what_is_not(
    folder: Path, tmp_path: Path, group: str, *, clear: bool
) -> None:
    rows = kinds.in_cells(list(GROUPS[group].values()), 4)
    ground = (kinds.segment("ground", VIDEO, 0, LENGTH_US, source=None),)
    made = kinds.draft([ground, *rows], WIDTH, HEIGHT)
    check(timeline_of(made, folder, tmp_path / "work", clear=clear), cuts(COUNT))
