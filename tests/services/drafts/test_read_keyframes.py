from typing import Any

import pytest

from services.drafts.curves import Curve, Keyframe, Property
from services.drafts.design import EffectKind
from services.drafts.read.context import MAX_KEYFRAMES
from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, EffectMaterial, Segment, TextMaterial
from services.errors import WarningCode
from tests.support.drafts import DraftBuilder, Json

SECOND = 1_000_000


def listed(kind: str, *points: tuple[int, Any], curve: str = "Line") -> Json:
    keyframes = [{"time_offset": time, "values": [value], "curveType": curve} for time, value in points]
    return {"property_type": f"KFType{kind}", "keyframe_list": keyframes}


def read(builder: DraftBuilder) -> tuple[Draft, Segment]:
    draft = read_draft(builder.bytes())
    return draft, draft.tracks[-1].segments[0]


def clip(*lists: Json, **options: Any) -> tuple[Draft, Segment]:
    return read(DraftBuilder().video("a.mp4", 0, SECOND, common_keyframes=list(lists), **options))


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        ("PositionX", Property.X),
        ("PositionY", Property.Y),
        ("Rotation", Property.ROTATION),
        ("Alpha", Property.ALPHA),
        ("Volume", Property.VOLUME),
        ("Brightness", Property.BRIGHTNESS),
        ("Contrast", Property.CONTRAST),
        ("Saturation", Property.SATURATION),
    ],
)
def test_every_property_becomes_a_curve(kind: str, moved: Property) -> None:
    draft, segment = clip(listed(kind, (0, 0.25), (500_000, 0.5)))
    assert segment.curves == (Curve(moved, (Keyframe(0, 0.25), Keyframe(500_000, 0.5))),)
    assert draft.warnings == ()


def test_a_locked_scale_moves_both_axes_by_the_one_across() -> None:
    _, segment = clip(listed("ScaleX", (0, 2)), listed("ScaleY", (0, 9)), uniform_scale={"on": True, "value": 1.0})
    assert {curve.property: curve.points[0].value for curve in segment.curves} == {
        Property.SCALE_X: 2.0,
        Property.SCALE_Y: 2.0,
    }


def test_a_free_scale_moves_each_axis_by_its_own() -> None:
    _, segment = clip(listed("ScaleX", (0, 2)), listed("ScaleY", (0, 3)), uniform_scale={"on": False})
    assert [curve.points[0].value for curve in segment.curves] == [2.0, 3.0]


def test_a_scale_across_alone_moves_both_axes_as_in_the_apps() -> None:
    _, segment = clip(listed("ScaleX", (0, 2)), uniform_scale={"on": False})
    assert [(curve.property, curve.points[0].value) for curve in segment.curves] == [
        (Property.SCALE_X, 2.0),
        (Property.SCALE_Y, 2.0),
    ]


def test_the_uniform_scale_of_generators_moves_both_axes() -> None:
    _, segment = clip(listed("UniformScale", (0, 1), (SECOND, 1.2)), uniform_scale={"on": False})
    assert [curve.property for curve in segment.curves] == [Property.SCALE_X, Property.SCALE_Y]


@pytest.mark.parametrize("kind", ["Scale", "ScaleX", "UniformScale"])
@pytest.mark.parametrize("values", [[1.3], [1.3, 1.3]])
def test_a_scale_of_one_list_moves_both_axes_whether_it_is_a_number_or_a_vector(kind: str, values: list[float]) -> None:
    points: list[Json] = [{"time_offset": 0, "values": [1.0, 1.0]}, {"time_offset": SECOND, "values": values}]
    draft, segment = clip({"property_type": f"KFType{kind}", "keyframe_list": points})
    line = (Keyframe(0, 1.0), Keyframe(SECOND, 1.3))
    assert segment.curves == (Curve(Property.SCALE_X, line), Curve(Property.SCALE_Y, line))
    assert draft.warnings == ()


def test_a_vector_moves_each_axis_by_its_own_part() -> None:
    points = [{"time_offset": 0, "values": [0.5, 2.0]}]
    lists = [{"property_type": f"KFType{kind}", "keyframe_list": points} for kind in ("Scale", "Position")]
    _, segment = clip(*lists, uniform_scale={"on": False, "value": 1.0})
    moved = {curve.property: curve.points[0].value for curve in segment.curves}
    assert moved == {Property.SCALE_X: 0.5, Property.SCALE_Y: 2.0, Property.X: 0.5, Property.Y: 2.0}


@pytest.mark.parametrize("add", [DraftBuilder.video, DraftBuilder.audio])
def test_keyframes_of_a_trimmed_clip_count_from_the_start_of_its_source(add: Any) -> None:
    lists = [listed("Volume", (2 * SECOND, 0.0), (4 * SECOND, 1.0))]
    options: Json = {"source_start_us": 2 * SECOND, "speed": 2.0, "common_keyframes": lists}
    draft, segment = read(add(DraftBuilder(), "a.mp4", 7 * SECOND, SECOND, **options))
    assert segment.curves == (Curve(Property.VOLUME, (Keyframe(0, 0.0), Keyframe(SECOND, 1.0))),)
    assert draft.warnings == ()


def test_keyframes_outside_of_the_used_part_of_the_source_hold_the_nearest_value_and_are_told() -> None:
    lists = [listed("Alpha", (0, 0.0), (SECOND, 1.0)), listed("Rotation", (5 * SECOND, 0.0), (6 * SECOND, 90.0))]
    draft, segment = clip(*lists, source_start_us=5 * SECOND)
    alpha, rotation = segment.curves
    assert [alpha.at(time_us) for time_us in (0, 500_000, SECOND)] == [1.0, 1.0, 1.0]
    assert rotation.at(500_000) == 45.0
    (told,) = draft.warnings
    assert told.code is WarningCode.KEYFRAME_SIMPLIFIED
    assert "KFTypeAlpha" in told.message.en
    assert "KFTypeAlpha" in told.message.zh


def test_points_are_put_in_order_and_the_later_of_two_at_one_time_holds() -> None:
    _, segment = clip(listed("Alpha", (800, 0.8), (200, 0.1), (-100, 0.5), (200, 0.2)))
    assert segment.curves[0].points == (Keyframe(-100, 0.5), Keyframe(200, 0.2), Keyframe(800, 0.8))


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [("Alpha", 7, 1.0), ("Volume", 99, 10.0), ("ScaleX", -1, 0.0), ("Brightness", -5, -1.0), ("PositionX", 1e9, 100.0)],
)
def test_values_are_kept_within_those_of_the_clip(kind: str, written: float, meant: float) -> None:
    _, segment = clip(listed(kind, (0, written)))
    assert segment.curves[0].points[0].value == meant


def test_a_rotation_may_go_round_more_than_once() -> None:
    _, segment = clip(listed("Rotation", (0, 0), (SECOND, 720)))
    assert segment.curves[0].points[-1].value == 720


@pytest.mark.parametrize("value", [float("nan"), None, "0.5", [], {}, 10**400])
def test_points_without_a_number_are_passed_over_and_told(value: Any) -> None:
    draft, segment = clip(listed("Alpha", (0, 0.5), (100, value)))
    assert segment.curves[0].points == (Keyframe(0, 0.5),)
    assert [told.code for told in draft.warnings] == [WarningCode.FIELD_UNKNOWN]


def test_a_list_without_any_point_moves_nothing() -> None:
    draft, segment = clip(listed("Alpha"), listed("KFTypeWhatever"))
    assert (segment.curves, draft.warnings) == ((), ())


def free(*points: tuple[int, float, tuple[float, float], tuple[float, float]]) -> Json:
    """Keyframes of opacity with (time, value, left control, right control)."""
    return {
        "property_type": "KFTypeAlpha",
        "keyframe_list": [
            {
                "time_offset": time, "values": [value], "curveType": "FreeCurveInOut",
                "left_control": {"x": left[0], "y": left[1]}, "right_control": {"x": right[0], "y": right[1]},
            }
            for time, value, left, right in points
        ],
    }  # fmt: skip


def test_a_free_curve_runs_along_the_cubic_of_its_control_points() -> None:
    """CSS's ease-in-out: (.42, 0, .58, 1), which has 0.1291 at a quarter of the time."""
    eased = free((0, 0.0, (0, 0), (420_000, 0.0)), (SECOND, 1.0, (-420_000, 0.0), (0, 0)))
    draft, segment = clip(eased)
    alpha = segment.curves[0]
    found = [alpha.at(time_us) for time_us in (0, 250_000, 500_000, 750_000, SECOND)]
    assert found == pytest.approx([0, 0.1291, 0.5, 0.8709, 1], abs=1e-4)
    assert draft.warnings == ()


def test_a_free_curve_is_stretched_with_the_speed_of_its_clip() -> None:
    eased = free((0, 0.0, (0, 0), (840_000, 0.0)), (2 * SECOND, 1.0, (-840_000, 0.0), (0, 0)))
    _, segment = clip(eased, speed=2.0)
    assert segment.curves[0].at(250_000) == pytest.approx(0.1291, abs=1e-4)


def test_a_free_curve_may_go_beyond_its_ends() -> None:
    beyond = free((0, 0.5, (0, 0), (500_000, -0.5)), (SECOND, 0.5, (-500_000, 0.5), (0, 0)))
    _, segment = clip(beyond)
    alpha = segment.curves[0]
    assert alpha.at(250_000) < 0.4
    assert alpha.most() == pytest.approx(0.5 + 3**0.5 / 12, abs=1e-3)
    assert [value for _, value in alpha.lines()] == [alpha.at(time_us) for time_us, _ in alpha.lines()]


def test_eased_keyframes_run_in_straight_lines_and_name_their_property() -> None:
    draft, segment = clip(listed("Rotation", (0, 0), (SECOND, 90), curve="FreeCurve"))
    assert len(segment.curves[0].points) == 2
    (told,) = draft.warnings
    assert told.code is WarningCode.KEYFRAME_SIMPLIFIED
    assert "KFTypeRotation" in told.message.en
    assert "KFTypeRotation" in told.message.zh


MASK: Json = {"type": "mask", "name": "矩形", "resource_type": "rectangle", "config": {"width": 0.5, "height": 0.5}}
MASKS = {
    "CommonMaskPositionX": Property.MASK_X, "MaskPostionY": Property.MASK_Y, "CommonMaskSizeWidth": Property.MASK_WIDTH,
    "MaskSizeY": Property.MASK_HEIGHT, "CommonMaskRotation": Property.MASK_ROTATION,
    "CommonMaskFeather": Property.MASK_FEATHER, "CommonMaskRoundCorner": Property.MASK_CORNER,
}  # fmt: skip


@pytest.mark.parametrize("kind", MASKS)
def test_keyframes_of_a_mask_move_it(kind: str) -> None:
    lists = [listed(kind, (0, 0.25), (SECOND, 0.75))]
    draft, segment = read(DraftBuilder().video("a.mp4", 0, SECOND, common_keyframes=lists).using("common_mask", **MASK))
    assert segment.mask is not None
    moved = segment.mask.moved(segment.curves, 500_000)
    assert getattr(moved, MASKS[kind].value.removeprefix("mask_")) == 0.5
    assert draft.warnings == ()


def test_keyframes_of_a_mask_that_is_switched_off_are_ignored() -> None:
    builder = DraftBuilder().video(
        "a.mp4", 0, SECOND, common_keyframes=[listed("CommonMaskFeather", (0, 1))], enable_video_mask=False
    )
    draft, segment = read(builder.using("common_mask", **MASK))
    assert (segment.curves, draft.warnings) == ((), ())


def strengths(segment: Segment) -> dict[EffectKind, list[float]]:
    """The strengths of a segment's effects at its beginning and in its middle."""
    effects = segment.material.effects if isinstance(segment.material, EffectMaterial) else segment.effects
    return {each.kind: [each.at(time_us).strength for time_us in (0, 500_000)] for each in effects}


def test_adjustments_follow_their_keyframes_with_and_without_a_material() -> None:
    lists = [listed("Temperature", (0, -0.5), (SECOND, 0.5)), listed("White", (0, 0.2), (SECOND, 0.4))]
    builder = DraftBuilder().video("a.mp4", 0, SECOND, common_keyframes=lists)
    draft, segment = read(builder.using("effects", type="temperature", value=0.0))
    assert strengths(segment) == {
        EffectKind.TEMPERATURE: [-0.5, 0.0],
        EffectKind.WHITE: [0.2, pytest.approx(0.3)],
    }
    assert draft.warnings == ()


def test_adjustments_that_are_switched_off_do_not_follow_keyframes() -> None:
    builder = DraftBuilder().video(
        "a.mp4", 0, SECOND, common_keyframes=[listed("Temperature", (0, 1))], enable_adjust=False
    )
    draft, segment = read(builder.using("effects", type="temperature", value=1.0))
    assert (segment.effects, draft.warnings) == ((), ())


@pytest.mark.parametrize("kind", ["KFTypeEffectAdjustParam2", "effects_adjust_blur"])
def test_an_effect_follows_the_keyframes_of_the_setting_that_is_its_strength(kind: str) -> None:
    settings = [{"name": "effects_adjust_speed", "value": 0.3}, {"name": "effects_adjust_blur", "value": 0.0}]
    points = {"property_type": kind, "keyframe_list": listed("", (0, 0.0), (SECOND, 1.0))["keyframe_list"]}
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    blur = builder.material("video_effects", type="video_effect", name="模糊", adjust_params=settings)
    builder.segment("effect", "e", blur, 0, SECOND, common_keyframes=[points])
    draft, segment = read(builder)
    assert strengths(segment) == {EffectKind.BLUR: [0.0, 0.5]}
    assert draft.warnings == ()


def test_keyframes_of_another_setting_are_told() -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    blur = builder.material("video_effects", type="video_effect", name="模糊")
    builder.segment("effect", "e", blur, 0, SECOND, common_keyframes=[listed("EffectAdjustParam3", (0, 0.0))])
    draft, segment = read(builder)
    assert strengths(segment) == {EffectKind.BLUR: [1.0, 1.0]}
    assert [told.code for told in draft.warnings] == [WarningCode.KEYFRAME_SIMPLIFIED]


def caption(*lists: Json, **material: Any) -> tuple[Draft, list[tuple[int, TextMaterial]]]:
    """A caption of a second, and its looks."""
    draft, segment = read(DraftBuilder().text("字", 0, SECOND, common_keyframes=list(lists), material=material))
    assert isinstance(segment.material, TextMaterial)
    return draft, [(look.start_us, look.text) for look in segment.material.looks]


def vector(kind: str, *points: tuple[int, list[float]]) -> Json:
    listed = [{"time_offset": time, "values": values} for time, values in points]
    return {"property_type": f"KFType{kind}", "keyframe_list": listed}


def test_a_caption_has_a_look_for_each_step_of_its_colour() -> None:
    draft, looks = caption(vector("TextColor", (0, [1, 0, 0, 1]), (SECOND, [0, 0, 1, 1])))
    reds = [text.styles[-1].color[0] for _, text in looks]
    assert reds == sorted(reds, reverse=True)
    assert reds[0] > 0.95
    assert reds[-1] < 0.05
    assert 10 < len(looks) <= 16
    assert draft.warnings == ()


def test_a_caption_whose_colour_is_held_has_no_further_looks() -> None:
    _, looks = caption(vector("TextColor", (0, [1, 0, 0]), (300_000, [1, 0, 0]), (333_000, [0, 1, 0])))
    colors = [text.styles[-1].color for _, text in looks]
    assert (colors[0], colors[-1]) == ((1, 0, 0, 1), (0, 1, 0, 1))
    assert len(looks) <= 3


def test_outline_and_box_of_a_caption_follow_keyframes_where_it_has_them() -> None:
    lists = [listed("BorderWidth", (0, 0.2)), listed("BackgroundAlpha", (0, 0.5)), listed("ShadowAlpha", (0, 0.5))]
    draft, looks = caption(*lists, border_width=0.08, border_color="#000000", background_color="#FF0000", content="字")
    ((_, text),) = looks
    assert text.styles[0].stroke is not None
    assert text.styles[0].stroke.width_em == 0.2
    assert text.background is not None
    assert text.background.color == (1.0, 0.0, 0.0, 0.5)
    assert ["KFTypeShadowAlpha" in told.message.en for told in draft.warnings] == [True]


def test_the_place_of_a_box_and_the_blur_of_a_shadow_follow_keyframes() -> None:
    """A smoothing of 0.5 is the same by a keyframe as in the material."""
    lists = [listed("BackgroundWidth", (0, 0.5)), listed("BackgroundOffsetY", (0, -0.3)),
             listed("BackgroundRoundRadius", (0, 0.4)), listed("ShadowSmoothing", (0, 0.5))]  # fmt: skip
    shadow = {"has_shadow": True, "shadow_color": "#000000", "shadow_smoothing": 0.5}
    draft, looks = caption(*lists, background_color="#FF0000", content="字", **shadow)
    ((_, text),) = looks
    assert text.background is not None
    assert (text.background.width, text.background.height) == (0.5, 0.14)
    assert (text.background.vertical_offset, text.background.round_radius) == (-0.3, 0.4)
    _, standing = caption(listed("ShadowAlpha", (0, 1)), content="字", **shadow)
    assert text.styles[0].shadow == standing[0][1].styles[0].shadow
    assert draft.warnings == ()


def test_the_glow_of_a_caption_follows_keyframes_where_it_has_one() -> None:
    lists = [listed("BloomStrength", (0, 0.0), (SECOND, 1.0)), vector("BloomColor", (0, [1, 0, 0]))]
    builder = DraftBuilder().text("字", 0, SECOND, common_keyframes=lists)
    builder.using("effects", type="text_effect", resource_id="7367637998579487248", color="#ffffff", range=0.3)
    draft, segment = read(builder)
    assert isinstance(segment.material, TextMaterial)
    glows = [look.text.styles[-1].glow for look in segment.material.looks]
    assert [glow.color for glow in glows if glow] == [(1, 0, 0, 1)] * len(glows)
    strengths_of = [glow.strength for glow in glows if glow]
    assert strengths_of == sorted(strengths_of)
    assert strengths_of[0] < 0.1 < 0.9 < strengths_of[-1]
    assert draft.warnings == ()
    plain, _ = caption(listed("BloomStrength", (0, 0.5)))
    assert [told.code for told in plain.warnings] == [WarningCode.KEYFRAME_SIMPLIFIED]


def test_keyframes_of_unknown_properties_are_told_by_name() -> None:
    draft, segment = clip(listed("MaskFeather", (0, 0.5)))
    assert segment.curves == ()
    assert [told.code for told in draft.warnings] == [WarningCode.KEYFRAME_SIMPLIFIED]
    assert "KFTypeMaskFeather" in draft.warnings[0].message.en


def test_keyframes_outside_of_the_segment_are_told() -> None:
    draft, segment = clip(keyframe_refs=["k1"])
    assert segment.curves == ()
    assert [told.code for told in draft.warnings] == [WarningCode.KEYFRAME_SIMPLIFIED]


def test_a_sound_moves_in_volume_only() -> None:
    lists = [listed("Volume", (0, 0), (100, 1)), listed("Alpha", (0, 0.5))]
    draft, segment = read(DraftBuilder().audio("a.mp3", 0, SECOND, common_keyframes=lists))
    assert [curve.property for curve in segment.curves] == [Property.VOLUME]
    assert [told.code for told in draft.warnings] == [WarningCode.KEYFRAME_SIMPLIFIED]


def test_texts_and_stickers_move_too() -> None:
    builder = DraftBuilder().text("字", 0, SECOND, common_keyframes=[listed("PositionY", (0, -1), (SECOND, 1))])
    sticker = builder.material("stickers", path="star.png")
    builder.segment("sticker", "s", sticker, 0, SECOND, common_keyframes=[listed("Rotation", (0, 0), (SECOND, 360))])
    draft = read_draft(builder.bytes())
    moved = [curve.property for track in draft.tracks for segment in track.segments for curve in segment.curves]
    assert moved == [Property.Y, Property.ROTATION]
    assert draft.warnings == ()


def test_keyframes_of_an_effect_track_are_told() -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    blur = builder.material("video_effects", type="video_effect", name="模糊")
    builder.segment("effect", "e", blur, 0, SECOND, common_keyframes=[listed("Alpha", (0, 0))])
    draft, segment = read(builder)
    assert segment.curves == ()
    assert [told.code for told in draft.warnings] == [WarningCode.KEYFRAME_SIMPLIFIED]


@pytest.mark.slow
def test_keyframes_without_end_are_cut_and_that_is_told() -> None:
    many = listed("Alpha", *((at, 0.5) for at in range(MAX_KEYFRAMES - 10)))
    builder = DraftBuilder().video("a.mp4", 0, SECOND, common_keyframes=[many])
    builder.video("b.mp4", SECOND, SECOND, common_keyframes=[many])
    draft = read_draft(builder.bytes())
    counts = [len(segment.curves[0].points) for segment in draft.tracks[0].segments]
    assert counts == [MAX_KEYFRAMES - 10, 10]
    assert [(told.code, told.segment_id) for told in draft.warnings] == [
        (WarningCode.KEYFRAME_SIMPLIFIED, builder.last["id"])
    ]
