import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.drafts.design import AnimationKind, TransitionKind
from services.drafts.read.context import MAX_SEGMENTS
from services.drafts.read.draft import read_draft
from services.drafts.records import Align, Crop, Draft, MediaMaterial, Segment, TextMaterial, TrackKind
from services.errors import ErrorCode, Failed, WarningCode
from tests.support.drafts import DraftBuilder, solid

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
"""`make fuzz` sets it to 25."""
DRAFTS = Path(__file__).parents[2] / "drafts"


def code(content: bytes | str) -> ErrorCode:
    with pytest.raises(Failed) as caught:
        read_draft(content.encode() if isinstance(content, str) else content)
    assert caught.value.failure.message.zh
    assert caught.value.failure.hint.en
    return caught.value.failure.code


def segments(draft: Draft, kind: TrackKind) -> list[Segment]:
    return [segment for track in draft.tracks if track.kind is kind for segment in track.segments]


def caption(draft: Draft) -> TextMaterial:
    material = segments(draft, TrackKind.TEXT)[0].material
    assert isinstance(material, TextMaterial)
    return material


def one_clip(**options: Any) -> Draft:
    return read_draft(DraftBuilder().video("a.mp4", 0, 1_000_000, **options).bytes())


def test_a_clip_with_a_song_is_read() -> None:
    draft = read_draft((DRAFTS / "clip_and_song.json").read_bytes())
    assert (draft.width, draft.height, draft.fps, draft.duration_us) == (1280, 720, 30.0, 6_000_000)
    assert len(segments(draft, TrackKind.VIDEO)) == 1
    assert [segment.volume for segment in segments(draft, TrackKind.AUDIO)] == [0.5]
    assert draft.warnings == ()


def test_captions_with_a_keyword_are_read() -> None:
    draft = read_draft((DRAFTS / "slideshow_captions.json").read_bytes())
    first = caption(draft)
    assert first.text == "你好，世界 Hello"
    keyword = first.styles[-1]
    assert first.text[keyword.start : keyword.end] == "世界"
    assert keyword.color == pytest.approx((1.0, 0.443, 0.0, 1.0), abs=0.001)
    body = first.styles[1]
    assert (body.start, body.end, body.size, body.bold) == (0, len(first.text), 15, True)
    assert body.stroke is not None
    assert body.stroke.width_em == pytest.approx(0.08)
    assert body.shadow is not None
    assert (body.shadow.angle_deg, body.shadow.distance) == (-45, 5)


def test_a_slideshow_moves_as_it_was_designed() -> None:
    draft = read_draft((DRAFTS / "slideshow_captions.json").read_bytes())
    pictures = segments(draft, TrackKind.VIDEO)
    assert [segment.transition.kind for segment in pictures if segment.transition] == [TransitionKind.DISSOLVE]
    assert [each.kind for segment in pictures for each in segment.animations] == [AnimationKind.SLIGHT_ZOOM_IN]
    assert draft.warnings == ()


def test_a_crop_is_the_box_around_its_corners() -> None:
    crop = {"upper_left_x": 0.25, "lower_left_x": 0.25, "upper_right_x": 0.75, "lower_right_x": 0.75}
    (segment,) = segments(one_clip(crop=crop), TrackKind.VIDEO)
    assert isinstance(segment.material, MediaMaterial)
    assert segment.material.crop == Crop(0.25, 0.0, 0.75, 1.0)


def test_uniform_scale_uses_x_for_both_axes() -> None:
    scale = {"scale": {"x": 2.0, "y": 0.5}}
    (uniform,) = segments(one_clip(clip=scale), TrackKind.VIDEO)
    (free,) = segments(one_clip(clip=scale, uniform_scale={"on": False}), TrackKind.VIDEO)
    assert (uniform.clip.scale_x, uniform.clip.scale_y) == (2.0, 2.0)
    assert (free.clip.scale_x, free.clip.scale_y) == (2.0, 0.5)


def test_what_is_missing_has_its_usual_value() -> None:
    builder = DraftBuilder().video("a.mp4", 0, 1_000_000)
    builder.draft["canvas_config"].update(width=1921, height=1013)
    del builder.draft["fps"]
    segment = builder.draft["tracks"][0]["segments"][0]
    segment["target_timerange"] = {"duration": 1_000_000}
    segment["clip"] = None
    del segment["speed"]
    segment["source_timerange"]["duration"] = 2_000_000
    draft = read_draft(builder.bytes())
    assert (draft.width, draft.height, draft.fps) == (1922, 1014, 30.0)
    (read,) = segments(draft, TrackKind.VIDEO)
    assert (read.target.start_us, read.speed, read.clip.alpha) == (0, 2.0, 1.0)


def test_mutes_and_hidden_tracks_are_read() -> None:
    builder = DraftBuilder().video("a.mp4", 0, 10, track="one").video("b.mp4", 0, 10, track="two")
    builder.track("video", "one", attribute=1)
    builder.track("video", "two", attribute=2)
    builder.draft["config"]["video_mute"] = True
    draft = read_draft(builder.bytes())
    assert [(track.muted, track.hidden) for track in draft.tracks] == [(True, False), (False, True)]
    assert draft.video_muted


def test_fades_of_a_sound_are_read() -> None:
    builder = DraftBuilder()
    fade = builder.material("audio_fades", fade_in_duration=100, fade_out_duration=200)
    builder.audio("a.mp3", 0, 1000, extra_material_refs=[fade])
    (segment,) = segments(read_draft(builder.bytes()), TrackKind.AUDIO)
    assert (segment.fade_in_us, segment.fade_out_us) == (100, 200)


@pytest.mark.parametrize(
    ("text", "ends", "keyword"),
    [
        ("a😀世界", [0, 5, 3, 5], "世界"),  # the apps: UTF-16 units
        ("a😀世界", [0, 4, 2, 4], "世界"),  # pyJianYingDraft: characters
        ("a好世界", [0, 8, 2, 4], "世界"),  # capcut-mate: bytes for all, characters for the keyword
    ],
)
def test_ranges_of_every_writer_cover_the_same_words(text: str, ends: list[int], keyword: str) -> None:
    styles = [
        {"range": ends[:2], "size": 10, "fill": solid(1, 1, 1)},
        {"range": ends[2:], "size": 10, "fill": solid(1, 0, 0)},
    ]
    read = caption(read_draft(DraftBuilder().text(text, 0, 10, styles=styles).bytes()))
    last = read.styles[-1]
    assert read.text[last.start : last.end] == keyword


def test_markup_of_old_drafts_is_read() -> None:
    content = '<font id="" path=""><color=(1, 0, 0, 1)><size=5.0>红色</size></color>白</font>'
    read = caption(read_draft(DraftBuilder().text("", 0, 10, material={"content": content}).bytes()))
    assert read.text == "红色白"
    assert (read.styles[0].color, read.styles[0].size) == ((1, 0, 0, 1), 5.0)
    assert read.styles[1].color == (1, 1, 1, 1)


def test_a_plain_string_is_a_caption_with_the_flat_fields() -> None:
    material = {"content": "只是文字", "font_size": 8, "text_color": "#00FF00", "alignment": 2}
    read = caption(read_draft(DraftBuilder().text("", 0, 10, material=material).bytes()))
    assert (read.text, read.styles[0].size, read.styles[0].color, read.align) == (
        "只是文字", 8, (0, 1, 0, 1), Align.RIGHT,
    )  # fmt: skip


def test_lone_surrogates_are_replaced() -> None:
    read = caption(read_draft(DraftBuilder().text("a\ud800b", 0, 10).bytes()))
    assert read.text == "a\ufffdb"


def test_each_thing_that_is_not_drawn_is_told_once() -> None:
    builder = DraftBuilder()
    mask = builder.material("masks", name="文字", resource_id="m1", resource_type="text")
    blend = builder.material("effects", type="mix_mode", name="差值", effect_id="e1")
    moved = {"property_type": "KFTypeMaskX", "keyframe_list": [{"time_offset": 0, "values": [1]}]}
    builder.video("a.mp4", 0, 10, extra_material_refs=[mask, blend, blend], common_keyframes=[moved])
    builder.segment("sticker", "stickers", builder.material("stickers", name="某某", resource_id="s1"), 0, 10)
    told = [
        (warning.code, warning.material_name, warning.effect_id) for warning in read_draft(builder.bytes()).warnings
    ]
    assert told == [
        (WarningCode.KEYFRAME_SIMPLIFIED, None, None),
        (WarningCode.EFFECT_SKIPPED, "文字", "m1"),
        (WarningCode.EFFECT_SKIPPED, "差值", "e1"),
        (WarningCode.SEGMENT_SKIPPED, "某某", "s1"),
    ]


def test_a_segment_without_its_material_is_told_and_left_out() -> None:
    builder = DraftBuilder().video("a.mp4", 0, 10).video("b.mp4", 10, 10)
    builder.draft["tracks"][0]["segments"][1]["material_id"] = "nowhere"
    draft = read_draft(builder.bytes())
    assert len(segments(draft, TrackKind.VIDEO)) == 1
    assert [warning.code for warning in draft.warnings] == [WarningCode.MATERIAL_MISSING]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ErrorCode.DRAFT_INVALID),
        ("<html>404</html>", ErrorCode.DRAFT_INVALID),
        ("[]", ErrorCode.DRAFT_INVALID),
        ("{}", ErrorCode.DRAFT_INVALID),
        ('{"tracks": 5, "materials": []}', ErrorCode.DRAFT_INVALID),
        (DraftBuilder().video("a", 0, 10).json()[:-20], ErrorCode.DRAFT_INVALID),
        ("Q29tcGxldGVseSBlbmNyeXB0ZWQgZHJhZnQgY29udGVudCBvZiBKaWFuWWluZyA2", ErrorCode.DRAFT_ENCRYPTED),
        (bytes(range(1, 256)) * 9, ErrorCode.DRAFT_ENCRYPTED),
        ("[" * 100_000, ErrorCode.DRAFT_INVALID),
        ('{"a":' * 100_000, ErrorCode.DRAFT_INVALID),
        ('{"fps": ' + "9" * 10_000 + "}", ErrorCode.DRAFT_INVALID),
        (DraftBuilder().json(), ErrorCode.DRAFT_EMPTY),
        (DraftBuilder().video("a", 0, 0).json(), ErrorCode.DRAFT_EMPTY),
        (DraftBuilder(width=0, height=0).video("a", 0, 10).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder(width=20_000, height=20_000).video("a", 0, 10).json(), ErrorCode.DRAFT_TOO_LARGE),
        (DraftBuilder(fps=0).video("a", 0, 10).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder(fps=-30).video("a", 0, 10).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder(fps=float("nan")).video("a", 0, 10).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder().video("a", -10, 20).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder().video("a", 0, -20).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder().video("a", 0, 2_000_000).video("b", 1_000_000, 1_000_000).json(), ErrorCode.DRAFT_INVALID),
        (DraftBuilder().text("长" * 100_000, 0, 10).json(), ErrorCode.DRAFT_TOO_LARGE),
    ],
)  # fmt: skip
def test_a_bad_draft_has_a_named_error(content: bytes | str, expected: ErrorCode) -> None:
    assert code(content) is expected


def test_too_many_segments_are_refused() -> None:
    builder = DraftBuilder().video("a.mp4", 0, 10)
    track = builder.draft["tracks"][0]
    track["segments"] = track["segments"] * (MAX_SEGMENTS + 1)
    assert code(builder.bytes()) is ErrorCode.DRAFT_TOO_LARGE


def test_touching_segments_may_overlap_by_a_rounding() -> None:
    builder = DraftBuilder().video("a.mp4", 0, 1_000_001).video("b.mp4", 1_000_000, 1_000_000)
    assert len(segments(read_draft(builder.bytes()), TrackKind.VIDEO)) == 2


def test_a_transition_may_overlap_two_segments() -> None:
    builder = DraftBuilder()
    dissolve = builder.material("transitions", name="叠化", duration=500_000)
    builder.video("a.mp4", 0, 1_000_000, extra_material_refs=[dissolve]).video("b.mp4", 500_000, 1_000_000)
    assert read_draft(builder.bytes()).duration_us == 1_500_000


SAMPLES = [
    json.loads((DRAFTS / "slideshow_captions.json").read_text()),
    DraftBuilder().video("a.mp4", 0, 10).photo("b.png", 10, 10).audio("c.mp3", 0, 10).text("字", 0, 10).content(),
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | None"


def places(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


def outcome_of(content: bytes) -> Draft | ErrorCode:
    try:
        return read_draft(content)
    except Failed as error:
        return error.failure.code


@pytest.mark.slow
@settings(max_examples=100 * LONGER)
@given(data=st.data())
def test_a_mutated_draft_is_read_or_refused_by_name(data: st.DataObject) -> None:
    draft = json.loads(json.dumps(data.draw(st.sampled_from(SAMPLES))))
    for _ in range(data.draw(st.integers(1, 4))):
        *way, last = data.draw(st.sampled_from(places(draft)[1:]))
        target = draft
        for step in way:
            target = target[step]
        target[last] = data.draw(JUNK)
    outcome = outcome_of(json.dumps(draft).encode())
    assert outcome.duration_us > 0 if isinstance(outcome, Draft) else outcome.startswith("DRAFT_")


@settings(max_examples=100)
@given(cut=st.integers(0, 3000))
def test_a_truncated_draft_is_refused_by_name(cut: int) -> None:
    whole = (DRAFTS / "clip_and_song.json").read_bytes()
    assert code(whole[: len(whole) - 1 - cut]) in (ErrorCode.DRAFT_INVALID, ErrorCode.DRAFT_ENCRYPTED)
