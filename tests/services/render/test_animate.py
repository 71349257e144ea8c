"""Animations over time."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from services.drafts.design import COVERS, Animation, AnimationKind, AnimationPhase
from services.drafts.read.draft import read_draft
from services.render.box import Box
from services.render.media.still import Still
from services.render.timeline.animation import (
    AT_REST,
    PoseChange,
    active,
    letter_change,
    letters_move,
    of_letter,
    of_letters,
    of_picture,
    pose_change,
    typed,
)
from services.render.timeline.layout import lay_out
from services.render.timeline.needed import needed
from services.render.timeline.prepared import Caption, Prepared
from services.render.timeline.scene import Layer
from tests.support.drafts import DraftBuilder

US = 1_000_000
FRAME_US = US / 30
LENGTH_US = 4 * US
IN, OUT, LOOP, GROUP = AnimationPhase.IN, AnimationPhase.OUT, AnimationPhase.LOOP, AnimationPhase.GROUP
UNMOVING = COVERS | {AnimationKind.STILL, AnimationKind.TYPEWRITER, AnimationKind.RAINBOW}
MOVING = tuple(kind for kind in AnimationKind if kind not in UNMOVING)
STEADY = tuple(kind for kind in MOVING if kind is not AnimationKind.BLINK)
SCROLLS = (AnimationKind.SCROLL_LEFT, AnimationKind.SCROLL_RIGHT, AnimationKind.SCROLL_UP)
"""They begin each round anew, outside of the canvas."""
SLIDES = {
    AnimationKind.MOVE_LEFT: (-1, 0),
    AnimationKind.MOVE_RIGHT: (1, 0),
    AnimationKind.MOVE_UP: (0, -1),
    AnimationKind.MOVE_DOWN: (0, 1),
}
"""Direction, x to the right and y down."""


def playing(
    kind: AnimationKind, phase: AnimationPhase, seconds: float = 1, start_s: float = 0, period_s: float = 0
) -> Animation:
    """An animation; an exit has a wrong start on purpose: it ends with the segment."""
    return Animation(
        phase=phase,
        kind=kind,
        start_us=round(start_s * US),
        duration_us=round(seconds * US),
        period_us=round(period_s * US),
    )


def at(animations: Animation | Sequence[Animation], seconds: float, *, text: bool = False) -> PoseChange:
    several = [animations] if isinstance(animations, Animation) else animations
    return pose_change(several, seconds * US, LENGTH_US, text=text)


def frames(animations: Animation | Sequence[Animation], start_s: float = 0, end_s: float = 4) -> list[PoseChange]:
    """Of every frame of a range of the segment."""
    first, last = round(start_s * US / FRAME_US), round(end_s * US / FRAME_US)
    return [at(animations, frame * FRAME_US / US) for frame in range(first, last)]


def step(one: PoseChange, other: PoseChange) -> float:
    """The change from frame to frame, about 1 for a visible jump."""
    return max(
        abs(one.dx - other.dx),
        abs(one.dy - other.dy),
        abs(one.scale - other.scale),
        abs((one.rotation_deg - other.rotation_deg + 180) % 360 - 180) / 180,
        abs(one.alpha - other.alpha),
        abs(one.own_dx - other.own_dx),
        abs(one.own_dy - other.own_dy),
        abs(one.narrow - other.narrow),
    )


def reach(one: PoseChange) -> float:
    return step(one, AT_REST)


@pytest.mark.parametrize("kind", MOVING)
def test_a_picture_has_come_when_its_entry_ends(kind: AnimationKind) -> None:
    entry = playing(kind, IN)
    assert at(entry, 1) == at(entry, 3.99) == AT_REST
    assert reach(at(entry, 0.999)) < 0.01
    assert max(reach(each) for each in frames(entry, 0, 1)) > 0.005


@pytest.mark.parametrize("kind", MOVING)
def test_a_picture_rests_until_its_exit_begins_and_the_exit_ends_with_the_segment(kind: AnimationKind) -> None:
    leaving = playing(kind, OUT, start_s=0.5)
    assert at(leaving, 0) == at(leaving, 0.5) == at(leaving, 3) == AT_REST
    assert reach(at(leaving, 3.001)) < 0.01
    assert max(reach(each) for each in frames(leaving, 3, 4)) > 0.005


@pytest.mark.parametrize("kind", [kind for kind in MOVING if kind is not AnimationKind.SHAKE])
def test_nothing_is_seen_in_its_place_before_it_comes_and_after_it_left(kind: AnimationKind) -> None:
    before, after = at(playing(kind, IN), 0), at(playing(kind, OUT), 4)
    for each in (before, after):
        size = each.alpha * each.scale * each.narrow
        assert size < 0.001 or max(abs(each.dx), abs(each.dy)) == 1


@pytest.mark.parametrize("kind", STEADY)
@pytest.mark.parametrize("phase", AnimationPhase)
def test_nothing_jumps_from_frame_to_frame(kind: AnimationKind, phase: AnimationPhase) -> None:
    period_s = 4 if kind in SCROLLS else 1.3
    whole, short = playing(kind, phase, 4, period_s=period_s), playing(kind, phase, 2, start_s=1, period_s=period_s)
    shown = frames(short, 1, 3) if phase is GROUP else frames(short)  # a combination need not begin at rest
    if (kind, phase) == (AnimationKind.JOLT, GROUP):  # elastic: it comes within some frames
        assert max(step(one, other) for one, other in pairwise(frames(whole))) < 0.14
        return
    most = 1.1 if kind in SCROLLS and phase is LOOP else 0.14  # from outside; a spin of two turns in two seconds
    assert max(step(one, other) for one, other in pairwise(frames(whole))) < 0.08
    assert max(step(one, other) for one, other in pairwise(shown)) < most


def test_a_fade_is_steady() -> None:
    coming = [each.alpha for each in frames(playing(AnimationKind.FADE, IN))]
    leaving = [each.alpha for each in frames(playing(AnimationKind.FADE, OUT))]
    assert coming == sorted(coming)
    assert leaving == sorted(leaving, reverse=True)
    assert (coming[0], coming[-1], leaving[0]) == (0, 1, 1)
    assert at(playing(AnimationKind.FADE, IN), 0.5).alpha == pytest.approx(0.5)
    assert at(playing(AnimationKind.FADE, OUT), 3.75).alpha == pytest.approx(0.25)


@pytest.mark.parametrize("kind", SLIDES)
def test_a_slide_goes_where_its_name_says_from_outside_and_to_outside(kind: AnimationKind) -> None:
    across, down = SLIDES[kind]
    first, last = at(playing(kind, IN), 0), at(playing(kind, OUT), 4)
    assert (first.dx, first.dy) == (-across, -down)
    assert (last.dx, last.dy) == (across, down)
    for animation in (playing(kind, IN), playing(kind, OUT), playing(kind, GROUP, 4)):
        way = [each.dx * across + each.dy * down for each in frames(animation)]
        assert way == sorted(way)
        assert all(each.dx * down == each.dy * across == 0 for each in frames(animation))


def test_entries_are_slowest_at_their_end_and_exits_at_their_beginning() -> None:
    coming, leaving = playing(AnimationKind.MOVE_UP, IN), playing(AnimationKind.MOVE_UP, OUT)
    assert at(coming, 0.5).dy == pytest.approx(0.125)
    assert at(leaving, 3.5).dy == pytest.approx(-0.125)


def test_zooms_grow_and_shrink_on_their_way_in_and_out() -> None:
    for kind, phase, growing in (
        (AnimationKind.ZOOM_IN, IN, True),
        (AnimationKind.ZOOM_IN, OUT, True),
        (AnimationKind.ZOOM_IN, GROUP, True),
        (AnimationKind.ZOOM_OUT, IN, False),
        (AnimationKind.ZOOM_OUT, OUT, False),
        (AnimationKind.ZOOM_OUT, GROUP, False),
    ):
        sizes = [each.scale for each in frames(playing(kind, phase, 4))]
        assert sizes == sorted(sizes, reverse=not growing)
        assert abs(sizes[-1] - sizes[0]) > 0.15
        assert min(sizes) > 0


def test_a_turn_goes_clockwise() -> None:
    for phase in AnimationPhase:
        angles = [each.rotation_deg for each in frames(playing(AnimationKind.ROTATE, phase, 4))]
        assert angles == sorted(angles)
        assert angles[-1] - angles[0] > 90


KNOWN: dict[tuple[AnimationKind, AnimationPhase], dict[float, PoseChange]] = {
    (AnimationKind.ZOOM_IN, IN): {0: PoseChange(scale=0.5, alpha=0), 0.5: PoseChange(scale=0.875, alpha=0.75)},
    (AnimationKind.ZOOM_OUT, IN): {0: PoseChange(scale=1.5, alpha=0), 0.5: PoseChange(scale=1.125, alpha=0.75)},
    (AnimationKind.SLIGHT_ZOOM_IN, IN): {0.1: PoseChange(scale=0.919, alpha=0.5), 0.5: PoseChange(scale=0.975)},
    (AnimationKind.SPIN, IN): {
        0.1: PoseChange(scale=0.1981, rotation_deg=-583.2, alpha=0.5),
        0.5: PoseChange(scale=0.7525, rotation_deg=-180),
    },
    (AnimationKind.SPIN, OUT): {
        0.5: PoseChange(scale=0.7525, rotation_deg=90),
        1: PoseChange(scale=0.01, rotation_deg=360, alpha=0),
    },
    (AnimationKind.FLIP, IN): {0.5: PoseChange(narrow=0.92388)},
    (AnimationKind.BOUNCE, IN): {0: PoseChange(scale=0), 0.57: PoseChange(scale=1.1)},
    (AnimationKind.BOUNCE, OUT): {0.43: PoseChange(scale=1.1), 1: PoseChange(scale=0)},
}  # fmt: skip
"""Changes at parts of the time, from the curves of the apps' packages."""


@pytest.mark.parametrize(("kind", "phase"), KNOWN)
def test_known_curves_of_the_apps_are_followed(kind: AnimationKind, phase: AnimationPhase) -> None:
    for part, wanted in KNOWN[kind, phase].items():
        found = at(playing(kind, phase), part if phase is IN else 3 + part)
        assert step(found, wanted) < 1e-4, (part, found)
        assert found.rotation_deg == pytest.approx(wanted.rotation_deg)


def test_a_text_slides_by_its_own_size_and_fades_by_a_quadratic_curve() -> None:
    coming, leaving = playing(AnimationKind.MOVE_RIGHT, IN), playing(AnimationKind.MOVE_UP, OUT)
    assert at(coming, 0, text=True) == PoseChange(own_dx=-1.33, own_dy=0, alpha=0)
    assert step(at(coming, 0.5, text=True), PoseChange(own_dx=-0.3325, alpha=0.75)) < 1e-9
    assert step(at(leaving, 4, text=True), PoseChange(own_dy=-1.33, alpha=0)) < 1e-9
    assert at(playing(AnimationKind.FADE, IN), 0.5, text=True).alpha == pytest.approx(0.75)


def test_a_bounce_goes_beyond_its_size_and_comes_back() -> None:
    sizes = [each.scale for each in frames(playing(AnimationKind.BOUNCE, IN))]
    assert max(sizes) == pytest.approx(1.1, abs=0.005)
    assert sizes[-1] == 1


def test_a_shake_is_slight_and_dies_away() -> None:
    shown = frames(playing(AnimationKind.SHAKE, IN, 2), 0, 2)
    early, late = (max(abs(each.dx) for each in part) for part in (shown[:30], shown[45:]))
    assert 0 < late < early / 2 < 0.01
    assert min(each.dx for each in shown) < 0 < max(each.dx for each in shown)


def test_a_blink_is_there_or_not() -> None:
    for phase in AnimationPhase:
        seen = [each.alpha for each in frames(playing(AnimationKind.BLINK, phase, 4, period_s=0.5))]
        assert set(seen) == {0, 1}
        assert 5 < sum(one != other for one, other in pairwise(seen)) < 40


@pytest.mark.parametrize("kind", MOVING)
def test_a_loop_repeats_every_period_and_then_rests(kind: AnimationKind) -> None:
    loop = playing(kind, LOOP, 2, start_s=1, period_s=0.5)
    assert at(loop, 0.99) == at(loop, 3) == AT_REST
    assert {at(loop, 1 + since) for since in (0.1, 0.3)} != {AT_REST}
    for since in (0.1, 0.2, 0.33):
        assert step(at(loop, 1 + since), at(loop, 2 + since)) < 1e-9
        assert at(loop, 1 + since) != at(loop, 1.25 + since) or kind is AnimationKind.BLINK


def test_a_loop_ends_with_a_whole_round() -> None:
    loop = playing(AnimationKind.ZOOM_IN, LOOP, 2, period_s=0.9)
    assert at(loop, 1).scale == pytest.approx(1)
    assert at(loop, 1.999).scale == pytest.approx(1, abs=0.001)
    assert at(playing(AnimationKind.ZOOM_IN, LOOP, 2), 1).scale == pytest.approx(1.12)


@pytest.mark.parametrize("kind", STEADY)
def test_a_combination_plays_all_the_time(kind: AnimationKind) -> None:
    shown = frames(playing(kind, GROUP, 4))
    halves = [shown[:60], shown[60:]]
    assert all(max(reach(each) for each in half) > 0.008 for half in halves)


def test_animations_that_play_at_once_come_together() -> None:
    both = [playing(AnimationKind.FADE, IN, 4), playing(AnimationKind.FADE, OUT, 4)]
    assert at(both, 1).alpha == pytest.approx(0.25 * 0.75)
    mixed = [
        playing(AnimationKind.MOVE_LEFT, IN),
        playing(AnimationKind.MOVE_DOWN, IN),
        playing(AnimationKind.ROTATE, LOOP, 4, period_s=4),
        playing(AnimationKind.FADE, OUT),
    ]
    assert at(mixed, 0.5) == PoseChange(dx=0.125, dy=-0.125, rotation_deg=45)
    assert at(mixed, 3.5) == PoseChange(rotation_deg=315, alpha=0.5)


def test_an_exit_longer_than_its_segment_takes_the_segment() -> None:
    assert at(playing(AnimationKind.FADE, OUT, 9), 0).alpha == 1
    assert at(playing(AnimationKind.FADE, OUT, 9), 1).alpha == pytest.approx(0.75)


def test_nothing_plays_without_animations() -> None:
    still = [playing(AnimationKind.STILL, phase) for phase in AnimationPhase]
    typing = [playing(AnimationKind.TYPEWRITER, IN)]
    empty = [playing(AnimationKind.FADE, phase, 0) for phase in AnimationPhase]
    for animations in ([], still, typing, empty):
        assert not active(animations)
        assert {at(animations, seconds / 10) for seconds in range(41)} == {AT_REST}
    assert active([*still, playing(AnimationKind.FADE, OUT)])


def test_a_text_is_typed_and_taken_back() -> None:
    both = [playing(AnimationKind.TYPEWRITER, IN, 2), playing(AnimationKind.TYPEWRITER, OUT)]
    shown = [typed(both, seconds * US, LENGTH_US) for seconds in (-1, 0, 1, 2, 3, 3.25, 4)]
    assert shown == [0, 0, 0.5, 1, 1, 0.75, 0]
    assert typed([playing(AnimationKind.FADE, IN)], 0, LENGTH_US) == 1
    looped = [playing(AnimationKind.TYPEWRITER, LOOP, 2, period_s=1)]
    assert [typed(looped, seconds * US, LENGTH_US) for seconds in (0.25, 1.25, 2.5)] == [0.25, 0.25, 1]


def test_a_picture_fades_where_a_text_would_be_typed() -> None:
    typing = playing(AnimationKind.TYPEWRITER, IN)
    assert at(of_picture([typing]), 0.5).alpha == pytest.approx(0.5)


def test_a_wave_reaches_letter_after_letter_and_returns_after_eight() -> None:
    wave = [playing(AnimationKind.WAVE, LOOP, 4, period_s=0.8)]
    first, second, ninth = (of_letter(wave, number) for number in (0, 1, 8))
    assert at(first, 0.4).dy == pytest.approx(-0.02)
    assert at(second, 0.5).dy == pytest.approx(-0.02)
    assert at(second, 0.05) == AT_REST
    assert ninth == first
    other = [playing(AnimationKind.SWING, LOOP, 4, period_s=0.8)]
    assert of_letter(other, 3) == tuple(other)


def test_letters_of_a_typed_move_come_one_after_another() -> None:
    """逐字旋转: the first letter is there when the last one begins; what only types or only moves moves no letters."""
    move = playing(AnimationKind.ROTATE, IN)
    moves = of_letters([playing(AnimationKind.TYPEWRITER, IN), move, playing(AnimationKind.SWING, OUT)])
    assert moves == (move,)
    assert of_letters([playing(AnimationKind.TYPEWRITER, IN), playing(AnimationKind.SWING, OUT)]) == ()
    going_on = [letters_move(moves, seconds * US, LENGTH_US) for seconds in (0, 0.5, 0.99, 1, 3.9)]
    assert going_on == [True, True, True, False, False]
    first, middle, last = ([letter_change(moves, part * US, LENGTH_US, number, 3) for part in (0, 0.4, 0.75, 0.99)]
                           for number in range(3))  # fmt: skip
    assert first[1] == at(move, 1)
    assert (middle[0].alpha, last[1].alpha) == (0, 0)
    assert middle[2] == AT_REST
    assert last[3].rotation_deg == pytest.approx(0, abs=0.1)


def test_letters_leave_one_after_another() -> None:
    moves = of_letters([playing(AnimationKind.TYPEWRITER, OUT), playing(AnimationKind.MOVE_UP, OUT)])
    assert not letters_move(moves, 3 * US, LENGTH_US)
    first, last = (
        [letter_change(moves, seconds * US, LENGTH_US, number, 2) for seconds in (3.2, 3.5, 4)] for number in range(2)
    )
    assert (first[0].own_dy < 0, first[1].alpha, last[1].own_dy, last[2].alpha) == (True, 0, 0, 0)


def test_letters_turn_about_their_own_middles_and_then_are_one_picture() -> None:
    """Two letters of a caption of three seconds at 30 frames per second, whose first second they turn."""
    builder = DraftBuilder().text("你好", 0, 3 * US)
    turning = {"type": "in", "name": "逐字旋转", "start": 0, "duration": US}
    read = read_draft(builder.using("material_animations", animations=[turning]).bytes())
    still = Still(path=Path("/x/1.png"), width=320, height=180, pixel_width=320, pixel_height=180, has_alpha=True)
    prepared = Prepared()
    for key in needed(read).captions:
        prepared.captions[key] = Caption(still, 0.0, 0.0, (Box(0, 0, 160, 180), Box(160, 0, 320, 180)))
    first, second, whole = (item for item in lay_out(read, prepared).items if isinstance(item, Layer))
    for letter, middle in ((first, 240), (second, 400)):
        assert letter.motion is not None
        assert (letter.span.start, letter.span.end) == (0, 30)
        assert (letter.motion.x.least, letter.motion.x.most) == (middle, middle)
        assert letter.motion.rotation_deg.at(29) == pytest.approx(0, abs=1)
    assert first.motion is not None
    assert second.motion is not None
    assert (first.motion.alpha.at(10), second.motion.alpha.at(10)) == (1, 0)
    assert (whole.span.start, whole.span.end, whole.motion, whole.pose.width) == (30, 90, None, 320)


@pytest.mark.parametrize(
    ("kind", "phase"), [(AnimationKind.SHAKE, IN), *((kind, GROUP) for kind in (AnimationKind.SHAKE, *SLIDES))]
)
def test_a_picture_that_shakes_or_drifts_goes_on_covering_the_canvas(
    kind: AnimationKind, phase: AnimationPhase
) -> None:
    """The corners of a canvas of 16 by 9, seen from a picture of its size."""
    for change in frames(playing(kind, phase, 2), 0, 2):
        angle = math.radians(-change.rotation_deg)
        for x, y in ((16, 9), (-16, 9), (16, -9), (-16, -9)):
            across, down = x - 32 * change.dx, y - 18 * change.dy
            assert abs(across * math.cos(angle) - down * math.sin(angle)) <= 16 * change.scale
            assert abs(across * math.sin(angle) + down * math.cos(angle)) <= 9 * change.scale


def test_letters_of_a_random_move_come_in_no_order_and_each_has_its_turn() -> None:
    """随机弹跳: as many letters are there halfway, but not the first ones."""
    move = replace(playing(AnimationKind.ROTATE, IN), name="随机旋转")
    shown = [letter_change([move], 0.4 * US, LENGTH_US, number, 10).alpha > 0 for number in range(10)]
    assert 5 <= sum(shown) <= 8
    assert shown != sorted(shown, reverse=True)
    assert all(letter_change([move], US, LENGTH_US, number, 10) == AT_REST for number in range(10))
