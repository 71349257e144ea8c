"""Whatever the bytes are, a draft is read or refused by name, and what is read can be told and drawn.

DRAFTCAST_FUZZ multiplies how many are tried; `make fuzz` sets it to 25.
"""

import copy
import json
import math
import os
from dataclasses import fields, is_dataclass
from typing import Any, TypeGuard

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.drafts.read.context import MAX_SEGMENTS
from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, EffectMaterial, Segment, TextMaterial, segments_of
from services.errors import ErrorCode, Failed, Failure, WarningCode
from services.warning_limit import MAX_WARNINGS
from tests.support.drafts import DraftBuilder, solid

SECOND = 1_000_000
LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))


def refused(content: bytes) -> Failure:
    with pytest.raises(Failed) as caught:
        read_draft(content)
    return caught.value.failure


@pytest.mark.parametrize(
    "content",
    [
        "草稿不存在，请检查草稿编号是否正确。".encode(),
        b"draft not found",
        b"<!DOCTYPE html><html></html>",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"\0\0\0\x20ftypisom" + bytes(64),
        '{"tracks": "你'.encode()[:-1],
        b'{"tracks": "\xff\xfe\xfd"}',
        b'"a string"',
        b"null",
        b"\xef\xbb\xbf  \n",
        b'{"code": 404, "message": "no such draft"}',
    ],
)
def test_what_is_no_draft_is_not_called_encrypted(content: bytes) -> None:
    assert refused(content).code is ErrorCode.DRAFT_INVALID


@pytest.mark.parametrize(
    "content",
    [b"QWxsIG9mIHRoaXMgaXMgZW5jcnlwdGVk" * 300, bytes(range(128, 256)) * 40, b"abc\0\x01\x02\x03def" * 40],
)
def test_bytes_and_base64_are_called_encrypted(content: bytes) -> None:
    assert refused(content).code is ErrorCode.DRAFT_ENCRYPTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_draft_may_begin_with_a_byte_order_mark(encoding: str) -> None:
    draft = read_draft(DraftBuilder().text("你好", 0, SECOND).json().encode(encoding))
    assert draft.duration_us == SECOND


@pytest.mark.parametrize("name", ["tracks", "materials", "canvas_config"])
@pytest.mark.parametrize("value", ["a string", 5, True])
def test_a_main_part_of_the_wrong_type_is_named(name: str, value: Any) -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    builder.draft[name] = value
    failure = refused(builder.bytes())
    assert failure.code is ErrorCode.DRAFT_INVALID
    assert name in failure.message.en


def test_a_field_of_the_wrong_type_is_told_with_its_path() -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND, volume="loud")
    builder.draft["tracks"].append("not a track")
    draft = read_draft(builder.bytes())
    assert draft.tracks[0].segments[0].volume == 1.0
    assert {told.code for told in draft.warnings} == {WarningCode.FIELD_UNKNOWN}
    told = " ".join(warning.message.en for warning in draft.warnings)
    assert "draft.tracks[0].segments[0].volume" in told
    assert "draft.tracks[1]" in told


@pytest.mark.slow
def test_as_many_segments_as_are_allowed_are_read() -> None:
    builder = DraftBuilder()
    for at in range(MAX_SEGMENTS):
        builder.text("字", at * SECOND, SECOND)
    assert len(read_draft(builder.bytes()).tracks[0].segments) == MAX_SEGMENTS


def test_endless_warnings_are_cut_and_that_is_told() -> None:
    builder = DraftBuilder()
    for at in range(MAX_WARNINGS + 50):
        builder.video("a.mp4", at * SECOND, SECOND).using("masks", name="某某")
    warnings = read_draft(builder.bytes()).warnings
    assert len(warnings) == MAX_WARNINGS + 1
    assert str(MAX_WARNINGS) in warnings[-1].message.en


@pytest.mark.slow
def test_a_shared_material_of_many_animations_does_not_multiply() -> None:
    builder = DraftBuilder()
    shared = builder.material("material_animations", animations=[{"name": "放大"}] * 20_000)
    for at in range(MAX_SEGMENTS):
        builder.video("a.mp4", at * SECOND, SECOND, extra_material_refs=[shared])
    assert len(read_draft(builder.bytes()).warnings) == MAX_WARNINGS + 1


def test_a_shared_caption_is_told_of_for_each_segment_that_is_seen() -> None:
    gradient = {"range": [0, 1], "fill": {"content": {"render_type": "gradient"}}}
    builder = DraftBuilder().text("字", 0, SECOND, styles=[gradient], visible=False)
    shared = builder.last["material_id"]
    builder.text("", SECOND, SECOND).last["material_id"] = shared
    builder.text("", 2 * SECOND, SECOND).last["material_id"] = shared
    told = [warning.segment_id for warning in read_draft(builder.bytes()).warnings]
    assert told == [segment["id"] for segment in builder.draft["tracks"][0]["segments"][1:]]


@pytest.mark.slow
def test_a_shared_caption_of_many_styles_does_not_multiply() -> None:
    builder = DraftBuilder().text("长" * 5000, 0, SECOND, styles=[{"range": [0, 5000], "size": 5}] * 5000)
    shared = builder.last["material_id"]
    for at in range(1, MAX_SEGMENTS):
        builder.text("", at * SECOND, SECOND).last["material_id"] = shared
    assert len(read_draft(builder.bytes()).tracks[0].segments) == MAX_SEGMENTS


def test_ids_and_names_without_end_are_cut_in_warnings() -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND, id="i" * 100_000).using("masks", name="n" * 100_000)
    (told,) = read_draft(builder.bytes()).warnings
    assert len(repr(told)) < 2000


def everything() -> dict[str, Any]:
    """A small draft in which everything that is looked at occurs."""
    black = {"solid": {"color": [0, 0, 0], "alpha": 1}}
    look: dict[str, Any] = {
        "range": [0, 2], "size": 9, "bold": True, "italic": False, "underline": False, "fill": solid(1, 0, 0),
        "strokes": [{"width": 0.08, "content": black}], "font": {"id": "1", "path": "D:"},
        "shadows": [{"distance": 5, "angle": -45, "alpha": 0.9, "diffuse": 0.1, "content": black}],
        "effectStyle": {"id": "2", "path": "C:"},
    }  # fmt: skip
    flat: dict[str, Any] = {
        "content": {"text": "a😀字", "styles": [look]}, "font_size": 8, "text_color": "#FFFFFF", "check_flag": 63,
        "border_color": "#000000", "border_width": 0.1, "has_shadow": True, "shadow_color": "#000000",
        "shadow_alpha": 0.5, "shadow_distance": 5, "background_style": 1, "background_color": "#00FF00",
        "background_alpha": 0.5, "typesetting": 0, "line_feed": 1, "fixed_width": -1, "global_alpha": 1.0,
    }  # fmt: skip
    keyframes = [{"time_offset": at, "values": [1.5], "curveType": "Line"} for at in (0, 10)]
    points = [{"property_type": f"KFType{kind}", "keyframe_list": keyframes} for kind in ("Alpha", "ScaleX")]
    builder = DraftBuilder().video("a.mp4", 0, 20, speed=2.0, common_keyframes=points, reverse=True)
    builder.using("transitions", name="叠化", duration=5).using("speeds", mode=1, speed=2.0, curve_speed={})
    builder.using("canvases", type="canvas_color", color="#112233FF").using("effects", type="filter", value=0.5)
    moves = [{"name": "放大", "type": kind, "start": 0, "duration": 5} for kind in ("in", "out", "loop", "group")]
    builder.using("material_animations", animations=moves).using("chromas", color="#00ff00ff", intensity_value=0.3)
    builder.using("masks", resource_type="circle", config={"centerX": 0.1, "width": 0.5, "rotation": 5, "invert": True})
    builder.using("effects", type="mix_mode", name="滤色", value=1.0).using("effects", type="brightness", value=0.5)
    builder.using("video_effects", type="video_effect", name="模糊", adjust_params=[{"name": "x", "value": 1}])
    builder.using("effects", type="lut", path="a.cube", value=0.5).using("loudnesses", enable=True)
    builder.photo("b.png", 15, 20).using("canvases", type="canvas_image", image="d.png")
    builder.audio("c.mp3", 0, 20, volume=2).using("audio_fades", fade_in_duration=1, fade_out_duration=2)
    builder.text("字", 0, 20, material=flat).text("", 20, 20, material={"content": "<size=5><color=(1,1,1,1)>字"})
    inner = builder.last["material_id"]
    template = builder.material("text_templates", text_info_resources=[{"text_material_id": inner}])
    builder.text("", 40, 5, material={"content": "plain"}).last["material_id"] = template
    builder.segment("sticker", "s", builder.material("stickers", path="e.png", icon_url="https://h.example/e"), 0, 50)
    builder.segment("filter", "f", builder.material("effects", type="filter", name="黑白", value=0.5), 0, 50)
    builder.segment("adjust", "g", builder.material("placeholders"), 0, 50).using("effects", type="fade", value=0.5)
    builder.video("", 35, 10).using("drafts", name="复合", draft=within().content())
    return builder.content()


def within() -> DraftBuilder:
    """A draft to be shown within another."""
    nested = DraftBuilder().video("f.mp4", 0, 10).using("canvases", type="canvas_blur", blur=0.375)
    return nested.using("effects", type="filter", name="某某", value=0.5)


EVERYTHING = json.dumps(everything())
NASTY: list[Any] = [
    None, True, "", "字", "\ud800", "\0", "{", '{"text": 5}', "<size=1e999>x", "#GGGGGG", -1, 0, 1e308, 2**63,
    float("nan"), float("inf"), 10**400, -(10**400), [], {}, [[]], [None, "x", 5], {"a": {}}, [10**400] * 3,
    {"\ud800": []},
]  # fmt: skip


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if is_object(value):
        inner = list(value.items())
    elif is_list(value):
        inner = list(enumerate(value))
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


PLACES = places(json.loads(EVERYTHING))[1:]


def replaced(draft: Any, place: tuple[Any, ...], value: Any) -> None:
    """Put `value` at a place, if an earlier change has left that place there."""
    *way, last = place
    try:
        for step in way:
            draft = draft[step]
        draft[last] = copy.deepcopy(value)
    except (KeyError, IndexError, TypeError):
        return


def leaves(record: Any) -> list[Any]:
    if is_dataclass(record):
        return [leaf for field in fields(record) for leaf in leaves(getattr(record, field.name))]
    if is_tuple(record):
        return [leaf for part in record for leaf in leaves(part)]
    return [record]


def assert_sound(draft: Draft) -> None:
    """What the renderer relies on."""
    assert draft.duration_us > 0
    for leaf in leaves(draft):
        if isinstance(leaf, str):
            leaf.encode()
            assert "\0" not in leaf
        if isinstance(leaf, float):
            assert math.isfinite(leaf)
    for segment in segments_of(draft):
        assert segment.target.start_us >= 0
        assert_designed(segment)
        assert segment.target.duration_us > 0
        assert segment.speed > 0
        if isinstance(segment.material, TextMaterial):
            text, styles = segment.material.text, segment.material.styles
            assert all(0 <= style.start <= style.end <= len(text) for style in styles)
            covered = {at for style in styles for at in range(style.start, style.end)}
            assert covered == set(range(len(text)))


def assert_designed(segment: Segment) -> None:
    """The bounds that the records promise."""
    for curve in segment.curves:
        times = [point.offset_us for point in curve.points]
        assert times == sorted(set(times))
        assert times
    for animation in segment.animations:
        assert 0 <= animation.start_us <= segment.target.duration_us
        assert 0 < animation.duration_us <= segment.target.duration_us
    if segment.mask is not None:
        assert min(segment.mask.width, segment.mask.height) >= 0
        assert 0 <= segment.mask.feather <= 1
    effects = segment.material.effects if isinstance(segment.material, EffectMaterial) else segment.effects
    assert all(-1 <= effect.strength <= 1 for effect in effects)
    assert segment.transition is None or segment.transition.duration_us > 0


def check(content: bytes) -> None:
    try:
        outcome: Draft | Failure = read_draft(content)
    except Failed as error:
        outcome = error.failure
    if isinstance(outcome, Draft):
        assert_sound(outcome)
    else:
        outcome.message.en.encode()
        assert len(outcome.message.en) < 1000
        assert outcome.code.startswith("DRAFT_")


def test_the_draft_of_everything_is_read() -> None:
    draft = read_draft(EVERYTHING.encode())
    assert [len(track.segments) for track in draft.tracks] == [3, 1, 3, 1, 1, 1]
    check(EVERYTHING.encode())


@pytest.mark.slow
@settings(max_examples=150 * LONGER, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(NASTY)), min_size=1, max_size=3))
def test_nasty_values_anywhere_are_read_or_refused(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    draft = json.loads(EVERYTHING)
    for place, value in changes:
        replaced(draft, place, value)
    check(json.dumps(draft).encode())


@pytest.mark.slow
@settings(max_examples=200)
@given(cut=st.integers(0, len(EVERYTHING) - 2), added=st.binary(max_size=4))
def test_a_draft_cut_anywhere_is_refused(cut: int, added: bytes) -> None:
    assert refused(EVERYTHING.encode()[:cut] + added).code in (ErrorCode.DRAFT_INVALID, ErrorCode.DRAFT_ENCRYPTED)


@pytest.mark.slow
@settings(max_examples=200)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    assert refused(content).code.startswith("DRAFT_")


@pytest.mark.parametrize("place", PLACES[:: max(1, len(PLACES) // 60)], ids=str)
def test_a_value_nested_without_end_is_refused_or_passed_over(place: tuple[Any, ...]) -> None:
    for depth in (900, 100_000):
        draft = json.loads(EVERYTHING)
        replaced(draft, place, "NEST")
        check(json.dumps(draft).replace('"NEST"', "[" * depth + "]" * depth).encode())
