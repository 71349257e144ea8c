"""Edits that change nothing, of drafts that nobody designed: all of it later by some frames, a segment in two, and all
of it in a compound.

DRAFTCAST_FUZZ multiplies how many are tried; `make fuzz` sets it to 25.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from services.drafts.curves import Curve, Keyframe, Property
from services.drafts.design import BlendMode, ChromaKey, Effect, EffectKind, Mask, MaskKind
from services.drafts.flatten import flattened
from services.drafts.records import (
    Clip,
    CompoundMaterial,
    MediaKind,
    MediaMaterial,
    Segment,
    TextMaterial,
    TimeRange,
    segments_of,
)
from services.render.picture.painter import CHANGING
from services.render.timeline.scene import Timeline
from tests.support import kinds
from tests.support.kinds import CLEAR, CURVES, GIF, OTHER, PHOTO, SOUND, TEXT, VIDEO, Row
from tests.support.uncoded import Samples, frames, sound, timeline_of

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
WIDTH, HEIGHT = 64, 36
MEAN, SPOTS, SPOT = 1.5, 0.02, 40
"""What frames may differ by: codes in the mean, and the part of the codes that are off by more than `SPOT`. A caption
or a picture that is scaled in two steps instead of one has edges that are a little softer.
"""
NOISE = 0.15
"""Tolerance of sound for coding and for a seam that is a sample off, as parts of its loudness."""
STANDING = sorted(set(EffectKind) - CHANGING - {EffectKind.LUT, EffectKind.LOOK})
"""Effects without a beginning."""
MATERIALS: tuple[MediaMaterial | TextMaterial, ...] = (VIDEO, VIDEO, OTHER, PHOTO, CLEAR, GIF, TEXT, SOUND)
usual = settings(
    max_examples=5 * LONGER,
    derandomize=LONGER == 1,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    phases=(Phase.explicit, Phase.generate) if LONGER == 1 else tuple(Phase),
    database=None,
)


@dataclass(frozen=True)
class Edited:
    """A draft's rows in frames, before and after an edit."""

    rows: tuple[Row, ...]
    fps: float

    def us(self, frame: int) -> int:
        """The time at which a frame begins."""
        return round(frame * 1e6 / self.fps)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kinds.files(tmp_path_factory.mktemp("edits"), WIDTH, HEIGHT)


@st.composite
def segments(draw: st.DrawFn, number: int, fps: float) -> Segment:
    """A picture or a sound for some frames, with random properties that do not count from its beginning."""
    material: MediaMaterial | TextMaterial = draw(st.sampled_from(MATERIALS))
    start, count = draw(st.integers(0, 4)), draw(st.integers(2, 9))
    first, last = round(start * 1e6 / fps), round((start + count) * 1e6 / fps)
    moving = draw(st.lists(st.sampled_from(sorted(CURVES)), max_size=2, unique=True))
    made = kinds.segment(f"segment {number}", material, first, last)
    if material == SOUND:
        loud = Curve(Property.VOLUME, (Keyframe(0, 0.2), Keyframe(last - first, 1.0)))
        return replace(made, volume=draw(st.sampled_from((0.3, 1.0))), curves=draw(st.sampled_from(((), (loud,)))))
    made = replace(made, clip=draw(CLIPS), curves=tuple(_curve(each, last - first) for each in moving))
    if isinstance(material, TextMaterial):
        return made
    made = replace(
        made,
        effects=tuple(
            Effect(kind=kind, strength=0.6) for kind in draw(st.lists(st.sampled_from(STANDING), max_size=1))
        ),
        mask=draw(st.none() | st.sampled_from(MaskKind).map(lambda kind: Mask(kind=kind))),
        blend=draw(st.sampled_from((BlendMode.NORMAL, BlendMode.NORMAL, *BlendMode))),
        chroma=draw(st.none() | st.just(ChromaKey(color=(0.2, 0.7, 0.3, 1), intensity=0.3, shadow=0.3))),
    )
    return _timed(draw, made) if material.kind is MediaKind.VIDEO else made


CLIPS = st.builds(
    Clip,
    alpha=st.sampled_from((0.5, 1.0, 1.0)),
    rotation_deg=st.sampled_from((0.0, 0.0, 90.0, 33.0)),
    scale_x=st.sampled_from((0.4, 1.0, 1.6)),
    scale_y=st.sampled_from((0.4, 1.0)),
    x=st.sampled_from((-0.4, 0.0, 0.0, 0.31)),
    y=st.sampled_from((0.0, 0.6)),
    flip_horizontal=st.booleans(),
)


def _curve(moved: Property, length_us: int) -> Curve:
    first, last = CURVES[moved]
    return Curve(moved, (Keyframe(0, first), Keyframe(length_us // 2, last), Keyframe(length_us, first)))


def _timed(draw: st.DrawFn, made: Segment) -> Segment:
    """At some speed, from somewhere, perhaps backwards."""
    speed = draw(st.sampled_from((1.0, 1.0, 0.5, 2.0, 1.48408)))
    source = TimeRange(draw(st.integers(0, 900_000)), round(made.target.duration_us * speed))
    return replace(made, speed=speed, source=source, reverse=draw(st.booleans()))


@st.composite
def edited(draw: st.DrawFn) -> Edited:
    fps = draw(st.sampled_from((30.0, 25.0, 29.97, 60.0)))
    count = draw(st.integers(1, 3))
    return Edited(tuple((draw(segments(number, fps)),) for number in range(count)), fps)


def timeline(rows: tuple[Row, ...], fps: float, folder: Path, work: str) -> Timeline:
    return timeline_of(kinds.draft(rows, WIDTH, HEIGHT, fps), folder, folder / work)


def check_same(wanted: Timeline, found: Timeline, later: int = 0) -> None:
    """The same picture and sound, some frames later."""
    one, other = frames(wanted), frames(found)
    assert len(one) + later == len(other)
    for number, (frame, moved) in enumerate(zip(one, other[later:], strict=True)):
        off = np.abs(frame.astype(int) - moved)
        assert off.mean() <= MEAN, number
        assert (off > SPOT).mean() <= SPOTS, number
    check_same_sound(sound(wanted), sound(found)[round(later / found.rate * 48_000) :])


def check_same_sound(wanted: Samples, found: Samples) -> None:
    length = min(len(wanted), len(found))
    off = _loudness(wanted[:length] - found[:length]) if length else 0
    assert off <= NOISE * _loudness(wanted[:length]) + 1e-3 if length else len(wanted) == len(found)


def _loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.long
@usual
@given(made=edited(), later=st.integers(1, 40))
def test_a_draft_that_begins_some_frames_later_shows_and_sounds_the_same_later(
    folder: Path, made: Edited, later: int
) -> None:
    def moved(each: Segment) -> Segment:
        start, end = (round(us * made.fps / 1e6) + later for us in (each.target.start_us, each.target.end_us))
        return replace(each, target=TimeRange(made.us(start), made.us(end) - made.us(start)))

    rows = tuple(tuple(moved(each) for each in row) for row in made.rows)
    check_same(timeline(made.rows, made.fps, folder, "before"), timeline(rows, made.fps, folder, "after"), later)


@pytest.mark.long
@usual
@given(made=edited(), part=st.floats(0, 1))
def test_a_segment_in_two_shows_and_sounds_as_one(folder: Path, made: Edited, part: float) -> None:
    rows = tuple(tuple(piece for each in row for piece in halves(each, part, made)) for row in made.rows)
    check_same(timeline(made.rows, made.fps, folder, "before"), timeline(rows, made.fps, folder, "after"))


@pytest.mark.long
@usual
@given(made=edited(), begun=st.sampled_from((0, 0, 2)), later=st.integers(0, 9), volume=st.sampled_from((0.4, 1.0)))
def test_a_compound_shows_and_sounds_the_same_taken_apart(
    folder: Path, made: Edited, begun: int, later: int, volume: float
) -> None:
    rows = tuple(tuple(replace(each, blend=BlendMode.NORMAL) for each in row) for row in made.rows)
    inner = kinds.draft(rows, WIDTH, HEIGHT, made.fps)
    last = round(inner.duration_us * made.fps / 1e6)
    begun = min(begun, last - 1)
    grouped = Segment(
        id="grouped",
        material=CompoundMaterial(id="inner", draft=inner),
        source=TimeRange(made.us(begun), made.us(last) - made.us(begun)),
        target=TimeRange(made.us(later), made.us(later + last - begun) - made.us(later)),
        volume=volume,
    )
    under = replace(kinds.segment("under", PHOTO, 0, made.us(later + last)), clip=Clip(alpha=0.5))
    draft = kinds.draft(((under,), (grouped,)), WIDTH, HEIGHT, made.fps)
    apart = flattened(draft)
    assume(not any(isinstance(each.material, CompoundMaterial) for each in segments_of(apart)))
    with TemporaryDirectory(dir=folder) as work:
        check_same(timeline_of(draft, folder, Path(work)), timeline_of(apart, folder, folder / "apart"))


def halves(each: Segment, part: float, made: Edited) -> Iterator[Segment]:
    """A segment cut at one of its frames, as an editor cuts it."""
    first, last = (round(us * made.fps / 1e6) for us in (each.target.start_us, each.target.end_us))
    cut_us = made.us(first + 1 + round(part * (last - first - 2)))
    early_us, late_us = cut_us - each.target.start_us, each.target.end_us - cut_us
    start_us = each.source.start_us if each.source else 0
    before, after = (0, early_us) if not each.reverse else (late_us, 0)
    for name, begin_us, length_us, skipped_us in (("1", 0, early_us, before), ("2", early_us, late_us, after)):
        yield replace(
            each,
            id=f"{each.id}.{name}",
            target=TimeRange(each.target.start_us + begin_us, length_us),
            source=TimeRange(round(start_us + skipped_us * each.speed), round(length_us * each.speed)),
            curves=tuple(_part(curve, begin_us, begin_us + length_us) for curve in each.curves),
        )


def _part(curve: Curve, start_us: int, end_us: int) -> Curve:
    inside = (
        Keyframe(point.offset_us - start_us, point.value)
        for point in curve.points
        if start_us < point.offset_us < end_us
    )
    ends = (Keyframe(0, curve.at(start_us)), *inside, Keyframe(end_us - start_us, curve.at(end_us)))
    return replace(curve, points=ends)
