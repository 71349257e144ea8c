"""Nobody can see where a chunk or a part of a video ends: every kind of item, cut at each of its frames, gives the
frames of the render that is not cut. Frames are compared as they are drawn, before they are encoded.

With DRAFTCAST_FUZZ, every kind is also cut in two at each frame, also on a canvas that is clear (`make fuzz`).
"""

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.drafts.design import AnimationPhase, TransitionKind
from services.drafts.records import Material
from services.render.timeline.scene import Span, Timeline
from tests.support import kinds
from tests.support.kinds import OTHER, PHOTO, TEXT, VIDEO, Row
from tests.support.matrix import but_long
from tests.support.uncoded import Frames, frames, timeline_of

LONG = "DRAFTCAST_FUZZ" in os.environ
COUNT = 9 if LONG else 4
WIDTH, HEIGHT = 128, 72
OFF = 1
"""Tolerance of a code: a pixel's position may round differently by the last bit of a time."""


def us(frame: int) -> int:
    """The time at which a frame begins."""
    return round(frame * 1_000_000 / 30)


LENGTH_US = us(COUNT)
GROUND = (kinds.segment("ground", VIDEO, 0, LENGTH_US),)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kinds.files(tmp_path_factory.mktemp("kinds"))


def cuts(count: int) -> list[list[Span]]:
    """Ways to cut some frames; every frame begins a piece in one of them, and ends one in another."""
    by_twos = [[Span(start, end) for start, end in pairwise(sorted({0, *range(first, count, 2), count}))]
               for first in (1, 2)]  # fmt: skip
    singles = [[Span(frame, frame + 1) for frame in range(count)]]
    halves = [[Span(0, cut), Span(cut, count)] for cut in range(1, count)] if count == COUNT else []
    return [*by_twos, *halves, *singles] if LONG else by_twos


def differing(whole: Frames, found: Frames) -> list[int]:
    """The frames that differ."""
    assert len(whole) == len(found)
    return [number for number, (one, other) in enumerate(zip(whole, found, strict=True)) if _differ(one, other)]


def _differ(one: Frames, other: Frames) -> bool:
    return int(np.abs(one.astype(np.int16) - other).max()) > OFF


def check(timeline: Timeline) -> None:
    whole = frames(timeline)
    assert len(whole) == timeline.frames
    for spans in cuts(timeline.frames):
        assert differing(whole, frames(timeline, spans)) == [], spans


def both(rows: Callable[[Material], dict[str, Row]], material: Material, other: Material) -> list[Row]:
    """The kinds with one material and the other, or by turns, where that would take too long."""
    one, another = list(rows(material).values()), list(rows(other).values())
    return [*one, *another] if LONG else [pair[index % 2] for index, pair in enumerate(zip(one, another, strict=True))]


def played(phase: AnimationPhase) -> list[Row]:
    return both(lambda material: kinds.animations(LENGTH_US, material, phase), PHOTO, TEXT)


def lenses() -> list[list[Row]]:
    """Effects on tracks, a few above each other, none of which hides those below."""
    rows = list(kinds.lenses(0, LENGTH_US).values())
    return [rows[first::5] for first in range(5)]


def one_after_the_other(lasting: int, apart: int) -> list[Row]:
    """Every transition on one track with nothing below, of some length, between clips of some length."""
    rows = [kinds.transitions(us(number * apart), us((number + 1) * apart), us((number + 2) * apart), us(lasting))
            for number, _ in enumerate(TransitionKind)]  # fmt: skip
    firsts = [list(row.values())[number][0] for number, row in enumerate(rows)]
    last = list(rows[-1].values())[-1][-1]
    return [tuple(replace(each, material=(VIDEO, OTHER)[index % 2]) for index, each in enumerate([*firsts, last]))]


SIDE_BY_SIDE: dict[str, list[Row]] = {
    "materials": list(kinds.materials(LENGTH_US).values()),
    "curves": both(lambda material: kinds.curves(LENGTH_US, material), VIDEO, PHOTO),
    "masks": list(kinds.masks(LENGTH_US).values()),
    "moving masks, strengths and styles": list(kinds.keyed(LENGTH_US).values()),
    "effects": both(lambda material: kinds.effects(LENGTH_US, material), VIDEO, PHOTO),
    "blends": list(kinds.blends(LENGTH_US).values()),
    "transitions": list(kinds.transitions(0, LENGTH_US // 2, LENGTH_US, LENGTH_US * 3 // 4).values()),
    **{f"animations {phase}": played(phase) for phase in AnimationPhase},
}
OVER_EACH_OTHER: dict[str, list[Row]] = {
    **{f"effects on a track {number}": [GROUND, *rows] for number, rows in enumerate(lenses())},
    **{name: [row] for name, row in kinds.backdrops(LENGTH_US).items()},
    "an effect of a moving strength on a track": [GROUND, *kinds.keyed_lenses(LENGTH_US).values()],
    "transitions one after the other": one_after_the_other(lasting=3, apart=4),
    "a transition of whole canvases over another clip": [
        GROUND,
        kinds.transitions(0, LENGTH_US // 2, LENGTH_US, LENGTH_US * 3 // 4)["dissolve transition"],
    ],
}
QUICK = ("masks", "animations in", "effects on a track 0", "an effect of a moving strength on a track")
GROUPS = [
    pytest.param(name, marks=[] if name in QUICK or LONG else pytest.mark.long)
    for name in (*SIDE_BY_SIDE, *OVER_EACH_OTHER)
]
CANVASES = [False, True] if LONG else [False]
"""Whether the background is transparent."""


@pytest.mark.parametrize("clear", CANVASES)
@pytest.mark.parametrize("group", GROUPS)
def test_whatever_is_cut_shows_the_frames_of_what_is_not(
    folder: Path, tmp_path: Path, group: str, *, clear: bool
) -> None:
    rows = OVER_EACH_OTHER.get(group) or [GROUND, *kinds.in_cells(SIDE_BY_SIDE[group], 4)]
    check(timeline_of(kinds.draft(rows, WIDTH, HEIGHT), folder, tmp_path / "work", clear=clear))


@pytest.mark.parametrize("lasting", [1, 2, 3, 4, 7] if LONG else but_long([1, 2, 7], 1, 7))
def test_a_transition_of_any_length_makes_nothing_later(folder: Path, tmp_path: Path, lasting: int) -> None:
    """Outside of it nothing changes."""
    row = one_after_the_other(lasting, apart=9)[0]
    plain = tuple(replace(each, transition=None) for each in row)
    shown, wanted = (
        frames(timeline_of(kinds.draft([each], 64, 36), folder, tmp_path / str(number)))
        for number, each in enumerate((row, plain))
    )
    different = differing(wanted, shown)
    around = {9 * number + frame for number in range(1, len(row)) for frame in range(-lasting, lasting)}
    assert set(different) <= around
    assert len(different) >= len(row) - 2, "all transitions are seen"
