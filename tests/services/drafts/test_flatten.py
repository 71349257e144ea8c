"""Compounds taken apart: which are, and where their segments come to lie."""

from dataclasses import replace
from typing import Any

import pytest

from services.drafts.design import (
    Animation,
    AnimationKind,
    AnimationPhase,
    Backdrop,
    BackdropKind,
    BlendMode,
    Effect,
    EffectKind,
)  # fmt: skip
from services.drafts.flatten import MOST_SEGMENTS, flattened
from services.drafts.records import (
    Clip,
    CompoundMaterial,
    Draft,
    EffectMaterial,
    MediaKind,
    MediaMaterial,
    Segment,
    TextMaterial,
    TextStyle,
    TimeRange,
    Track,
    TrackKind,
)  # fmt: skip

S = 1_000_000
CLIP = MediaMaterial(id="clip", kind=MediaKind.VIDEO, path="clip.mp4")
CAPTION = TextMaterial(id="caption", text="Hi", styles=(TextStyle(start=0, end=2, size=8),), fixed_width_px=960.0)
GREY = EffectMaterial(id="grey", effects=(Effect(kind=EffectKind.BLUR, strength=0.5),))
FADE_IN = Animation(phase=AnimationPhase.IN, kind=AnimationKind.FADE, start_us=0, duration_us=S)


def segment(material: Any, start_us: int, duration_us: int, **changes: Any) -> Segment:
    return Segment(
        id=f"{material.id} {start_us}", material=material, target=TimeRange(start_us, duration_us), **changes
    )


def draft(*rows: tuple[Segment, ...], width: int = 1920, height: int = 1080, **changes: Any) -> Draft:
    kinds: dict[type, TrackKind] = {TextMaterial: TrackKind.TEXT, EffectMaterial: TrackKind.EFFECT}
    tracks = tuple(
        Track(id=str(index), kind=kinds.get(type(row[0].material), TrackKind.VIDEO), index=index, segments=row)
        for index, row in enumerate(rows)
    )
    end_us = max(each.target.end_us for row in rows for each in row)
    return Draft(width=width, height=height, fps=30, duration_us=end_us, tracks=tracks, **changes)


def grouped(inner: Draft, start_us: int = 0, duration_us: int = 8 * S, **changes: Any) -> Segment:
    return segment(CompoundMaterial(id="inner", draft=inner), start_us, duration_us, **changes)


def shown(made: Draft) -> list[tuple[str, int, int, int]]:
    """What lies in a draft, lowest first: material, start and length in seconds, start in the material."""
    segments = sorted(
        (each for track in made.tracks for each in track.segments), key=lambda each: each.track_render_index
    )
    return [
        (
            each.material.id,
            each.target.start_us // S,
            each.target.duration_us // S,
            (each.source or each.target).start_us // S,
        )
        for each in segments
    ]


INNER = draft(
    (
        segment(CLIP, 0, 5 * S, source=TimeRange(2 * S, 5 * S)),
        segment(CLIP, 5 * S, 3 * S, source=TimeRange(6 * S, 3 * S)),
    ),
    (segment(CAPTION, S, 2 * S),),
)


def test_a_compound_is_replaced_by_its_segments_between_what_lies_below_and_above() -> None:
    above, below = segment(CAPTION, 0, 9 * S), segment(CLIP, 0, 9 * S, source=TimeRange(7 * S, 9 * S))
    made = flattened(draft((below,), (grouped(INNER, S),), (above,)))
    assert shown(made) == [
        ("clip", 0, 9, 7), ("clip", 1, 5, 2), ("clip", 6, 3, 6), ("caption", 2, 2, 2), ("caption", 0, 9, 0),
    ]  # fmt: skip
    assert [(track.kind, track.index) for track in made.tracks] == [
        (TrackKind.VIDEO, 0), (TrackKind.VIDEO, 1), (TrackKind.TEXT, 2), (TrackKind.TEXT, 3),
    ]  # fmt: skip


def test_a_part_of_a_compound_shows_that_part() -> None:
    made = flattened(draft((grouped(INNER, 20 * S, 5 * S, source=TimeRange(2 * S, 5 * S)),)))
    assert shown(made) == [("clip", 20, 3, 4), ("clip", 23, 2, 6), ("caption", 20, 1, 1)]


def test_compounds_within_compounds_and_used_twice() -> None:
    middle = draft((grouped(INNER, 0),), (segment(CLIP, 8 * S, S),))
    made = flattened(draft((grouped(middle, 0, 9 * S), grouped(middle, 9 * S, 9 * S))))
    assert len(shown(made)) == 8
    assert not any(isinstance(each.material, CompoundMaterial) for track in made.tracks for each in track.segments)


def test_a_smaller_compound_of_the_same_shape_fits() -> None:
    small = draft((segment(CLIP, 0, 8 * S),), (segment(CAPTION, 0, 8 * S),), width=960, height=540)
    (_, caption) = flattened(draft((grouped(small),))).tracks
    material = caption.segments[0].material
    assert isinstance(material, TextMaterial)
    assert material.fixed_width_px == 1920.0


def test_switches_and_volumes_reach_into_a_compound() -> None:
    whole = draft((grouped(INNER, volume=0.5),))
    (video, _) = flattened(whole).tracks
    assert [each.volume for each in video.segments] == [0.5, 0.5]
    assert all(track.muted for track in flattened(replace(whole, video_muted=True)).tracks)
    hidden = replace(whole, tracks=(replace(whole.tracks[0], hidden=True, muted=True),))
    assert all(track.hidden and track.muted for track in flattened(hidden).tracks)


APART: dict[str, Segment] = {
    "placed": grouped(INNER, clip=Clip(x=0.1)),
    "faster": grouped(INNER, speed=2.0),
    "faded": grouped(INNER, fade_out_us=S),
    "animated": grouped(INNER, animations=(FADE_IN,)),
    "on a background": grouped(INNER, backdrop=Backdrop(kind=BackdropKind.BLUR)),
    "longer than what it holds": grouped(INNER, 0, 9 * S),
    "of another shape": grouped(draft((segment(CLIP, 0, 8 * S),), width=1080, height=1920)),
    "with an effect on what is below": grouped(draft((segment(CLIP, 0, 8 * S),), (segment(GREY, 0, 8 * S),))),
    "with a blend mode": grouped(draft((segment(CLIP, 0, 8 * S, blend=BlendMode.SCREEN),))),
    "cut within an animation": grouped(draft((segment(CLIP, 0, 9 * S, animations=(FADE_IN,)),)), 0, 8 * S),
}


@pytest.mark.parametrize("compound", APART.values(), ids=APART)
def test_a_compound_that_does_more_than_to_group_stays(compound: Segment) -> None:
    ((left,),) = (track.segments for track in flattened(draft((compound,))).tracks)
    assert isinstance(left.material, CompoundMaterial)


@pytest.mark.slow
def test_copies_of_copies_do_not_multiply_without_end() -> None:
    made = draft((segment(CLIP, 0, S),))
    for _ in range(3):
        made = draft(tuple(grouped(made, number * made.duration_us, made.duration_us) for number in range(40)))
    assert sum(len(track.segments) for track in flattened(made).tracks) <= MOST_SEGMENTS
