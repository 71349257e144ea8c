from typing import Any

import pytest

from services.drafts.design import (
    AnimationKind,
    AnimationPhase,
    Backdrop,
    BackdropKind,
    BlendMode,
    ChromaKey,
    EffectKind,
    Mask,
    MaskKind,
    TransitionKind,
)
from services.drafts.kind_names import kind_name
from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, Segment
from services.errors import DraftWarning, WarningCode
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000


def read(builder: DraftBuilder) -> Draft:
    return read_draft(builder.bytes())


def clip(**options: Any) -> DraftBuilder:
    return DraftBuilder().video("a.mp4", 0, SECOND, **options)


def first(builder: DraftBuilder) -> tuple[Segment, tuple[DraftWarning, ...]]:
    draft = read(builder)
    return draft.tracks[0].segments[0], draft.warnings


def crossing(name: str, gap_us: int = 0, **fields: Any) -> tuple[Segment, tuple[DraftWarning, ...]]:
    builder = clip().using("transitions", name=name, duration=400_000, **fields)
    return first(builder.video("b.mp4", SECOND + gap_us, SECOND))


def test_a_transition_is_read_with_its_names() -> None:
    segment, warnings = crossing("闪黑", effect_id="321493")
    assert segment.transition is not None
    assert segment.transition.kind is TransitionKind.FADE_BLACK
    assert (segment.transition.duration_us, segment.transition.effect_id) == (400_000, "321493")
    assert warnings == ()


def test_a_transition_is_known_by_its_id_in_any_language() -> None:
    segment, warnings = crossing("Преобразование", resource_id="6724239388189921806")
    assert segment.transition is not None
    assert segment.transition.kind is TransitionKind.FADE_BLACK
    assert warnings == ()


@pytest.mark.parametrize(("name", "kind"), [("超赞", "dissolve"), ("泡泡模糊", "dots"), ("", "dissolve")])
def test_a_transition_that_is_only_near_is_told(name: str, kind: str) -> None:
    segment, (told,) = crossing(name, effect_id="7")
    assert segment.transition is not None
    assert segment.transition.kind == kind
    assert (told.code, told.segment_id) == (WarningCode.EFFECT_APPROXIMATED, segment.id)
    assert (told.material_name or "", told.effect_id) == (name, "7")
    shown = kind_name(TransitionKind(kind))
    assert f"“{shown.en}”" in told.message.en
    assert f"“{shown.zh}”" in told.message.zh


def test_a_transition_after_the_last_segment_is_none_as_in_the_apps() -> None:
    segment, warnings = first(clip().using("transitions", name="超赞", duration=400_000))
    assert (segment.transition, warnings) == (None, ())


def test_a_transition_before_a_gap_is_none_and_told() -> None:
    segment, warnings = crossing("叠化", gap_us=33_334)
    assert segment.transition is None
    assert [told.code for told in warnings] == [WarningCode.EFFECT_SKIPPED]
    assert crossing("叠化", gap_us=33_333)[0].transition is not None


def test_a_transition_over_a_segment_that_is_switched_off_leads_to_the_next() -> None:
    builder = clip().using("transitions", name="叠化", duration=10)
    builder.video("b.mp4", SECOND // 2, SECOND, visible=False).video("c.mp4", SECOND, SECOND)
    assert first(builder)[0].transition is not None


def test_a_transition_without_length_is_none() -> None:
    builder = clip().using("transitions", name="叠化", duration=0).video("b.mp4", SECOND, SECOND)
    assert first(builder) == (first(clip().video("b.mp4", SECOND, SECOND))[0], ())


def test_only_the_first_transition_and_mask_are_drawn_and_the_others_told() -> None:
    builder = clip().using("transitions", name="闪白", duration=9).using("transitions", name="叠化", duration=9)
    builder.using("masks", name="圆形").using("common_mask", name="矩形").video("b.mp4", SECOND, SECOND)
    segment, warnings = first(builder)
    assert segment.transition is not None
    assert segment.transition.kind is TransitionKind.FADE_WHITE
    assert segment.mask is not None
    assert segment.mask.kind is MaskKind.CIRCLE
    assert [told.material_name for told in warnings] == ["叠化", "矩形"]


CONFIG = {
    "centerX": -0.5, "centerY": 0.25, "width": 0.4, "height": 0.8, "rotation": 400.0, "feather": 0.3,
    "invert": True, "roundCorner": 0.6, "aspectRatio": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("bucket", ["masks", "common_mask"])
def test_a_mask_is_read_whole_from_either_place(bucket: str) -> None:
    segment, warnings = first(clip().using(bucket, name="矩形", resource_type="rectangle", config=CONFIG))
    assert segment.mask == Mask(
        kind=MaskKind.RECTANGLE, center_x=-0.5, center_y=0.25, width=0.4, height=0.8, rotation_deg=40.0,
        feather=0.3, invert=True, round_corner=0.6,
    )  # fmt: skip
    assert warnings == ()


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"resource_type": "line"}, MaskKind.LINE),
        ({"resource_type": "mirror"}, MaskKind.MIRROR),
        ({"resource_type": "circle"}, MaskKind.CIRCLE),
        ({"resource_type": "geometric_shape", "name": "爱心"}, MaskKind.HEART),
        ({"resource_type": "geometric_shape", "name": "Stars"}, MaskKind.STAR),
        ({"resource_type": "geometric_shape", "resource_id": "6794051169434997255"}, MaskKind.STAR),
        ({"name": "Filmstrip"}, MaskKind.MIRROR),
    ],
)
def test_every_shape_of_mask_is_read(fields: dict[str, str], kind: MaskKind) -> None:
    segment, warnings = first(clip().using("masks", **fields))
    assert segment.mask is not None
    assert (segment.mask.kind, warnings) == (kind, ())


@pytest.mark.parametrize("shape", ["text", "pen", "geometric_shape", ""])
def test_a_mask_of_an_unknown_shape_is_told_and_none(shape: str) -> None:
    segment, (told,) = first(clip().using("masks", resource_type=shape, name="某某", resource_id="9"))
    assert segment.mask is None
    assert (told.code, told.material_name, told.effect_id) == (WarningCode.EFFECT_SKIPPED, "某某", "9")


@pytest.mark.parametrize(
    ("canvas", "backdrop"),
    [
        ({"type": "canvas_color", "color": ""}, None),
        ({"type": "canvas_color", "color": "#FF000080"}, Backdrop(kind=BackdropKind.COLOR, color=(1, 0, 0, 128 / 255))),
        ({"type": "canvas_blur", "blur": 0.375}, Backdrop(kind=BackdropKind.BLUR, blur=0.375)),
        ({"type": "canvas_image", "image": "a/b.png"}, Backdrop(kind=BackdropKind.PICTURE, picture="a/b.png")),
        ({"type": "canvas_image", "album_image": "c.png"}, Backdrop(kind=BackdropKind.PICTURE, picture="c.png")),
    ],
)
def test_every_kind_of_backdrop_is_read(canvas: dict[str, Any], backdrop: Backdrop | None) -> None:
    segment, warnings = first(clip().using("canvases", **canvas))
    assert (segment.backdrop, warnings) == (backdrop, ())


@pytest.mark.parametrize("canvas", [{"type": "canvas_image"}, {"type": "canvas_hologram"}])
def test_a_backdrop_that_is_nothing_is_told(canvas: dict[str, Any]) -> None:
    segment, warnings = first(clip().using("canvases", **canvas))
    assert segment.backdrop is None
    assert [told.code for told in warnings] == [WarningCode.EFFECT_SKIPPED]


def test_only_the_bottom_video_track_that_is_shown_has_backdrops() -> None:
    builder = clip(track="hidden").using("canvases", type="canvas_blur", blur=1)
    builder.track("video", "hidden", attribute=2)
    builder.text("字", 0, SECOND).video("b.mp4", 0, SECOND).using("canvases", type="canvas_blur", blur=0.75)
    builder.video("c.mp4", 0, SECOND, track="overlay").using("canvases", type="canvas_hologram")
    draft = read(builder)
    assert [track.segments[0].backdrop is not None for track in draft.tracks] == [False, False, True, False]
    assert draft.warnings == ()


def test_each_segment_has_its_own_backdrop() -> None:
    builder = clip().using("canvases", type="canvas_color", color="#FF0000FF")
    builder.video("b.mp4", SECOND, SECOND).using("canvases", type="canvas_blur", blur=0.0625)
    kinds = [segment.backdrop and segment.backdrop.kind for segment in read(builder).tracks[0].segments]
    assert kinds == [BackdropKind.COLOR, BackdropKind.BLUR]


def test_a_blend_mode_is_read() -> None:
    segment, warnings = first(clip().using("effects", type="mix_mode", name="滤色", value=1.0))
    assert (segment.blend, warnings) == (BlendMode.SCREEN, ())
    segment, warnings = first(
        clip().using("effects", type="mix_mode", name="スクリーン", resource_id="6758325170760323597")
    )
    assert (segment.blend, warnings) == (BlendMode.SCREEN, ())


@pytest.mark.parametrize(
    ("fields", "mode", "code"),
    [
        ({"name": "差值", "value": 1.0}, (BlendMode.NORMAL, 1.0), WarningCode.EFFECT_SKIPPED),
        ({"name": "叠加", "value": 0.5}, (BlendMode.OVERLAY, 0.5), None),
        ({"name": "叠加", "value": 0}, (BlendMode.NORMAL, 1.0), None),
        ({"name": "正常", "value": 0.5}, (BlendMode.NORMAL, 0.5), None),
    ],
)
def test_a_blend_mode_has_its_strength_and_an_unknown_one_is_told(
    fields: dict[str, Any], mode: tuple[BlendMode, float], code: WarningCode | None
) -> None:
    segment, warnings = first(clip().using("effects", type="mix_mode", **fields))
    assert (segment.blend, segment.blend_strength) == mode
    assert [told.code for told in warnings] == ([code] if code else [])


@pytest.mark.parametrize("names", [("intensity_value", "shadow_value"), ("intensity", "shadow")])
def test_a_colour_key_is_read_in_either_spelling(names: tuple[str, str]) -> None:
    segment, warnings = first(clip().using("chromas", color="#00ff00ff", **{names[0]: 0.4, names[1]: 0.1}))
    assert segment.chroma == ChromaKey(color=(0.0, 1.0, 0.0, 1.0), intensity=0.4, shadow=0.1)
    assert warnings == ()


@pytest.mark.parametrize(
    ("fields", "keyed", "told"),
    [
        ({"color": "#00ff00", "intensity_value": 0}, False, 0),
        ({"color": "", "intensity_value": 0.5}, False, 1),
        ({"color": "#00ff00", "intensity_value": 0.5, "spill_value": 0.2}, True, 1),
        ({"color": "#00ff00"}, True, 0),
    ],
)
def test_a_colour_key_without_colour_or_strength_is_none(fields: dict[str, Any], keyed: bool, told: int) -> None:
    segment, warnings = first(clip().using("chromas", **fields))
    assert (segment.chroma is not None, len(warnings)) == (keyed, told)


def animated(*animations: dict[str, Any], text: bool = False) -> tuple[Segment, tuple[DraftWarning, ...]]:
    builder = DraftBuilder().text("字", 0, SECOND) if text else clip()
    return first(builder.using("material_animations", animations=list(animations)))


@pytest.mark.parametrize(
    ("phase", "name", "kinds"),
    [
        ("group", "旋转降落", {AnimationKind.ROTATE, AnimationKind.MOVE_DOWN}),
        ("in", "抖动放大", {AnimationKind.SHAKE, AnimationKind.ZOOM_IN}),
        ("in", "旋转", {AnimationKind.ROTATE}),
        ("out", "向左右滑动", {AnimationKind.MOVE_LEFT}),
    ],
)
def test_a_name_of_several_moves_is_all_of_them_at_once(phase: str, name: str, kinds: set[AnimationKind]) -> None:
    segment, _ = animated({"type": phase, "name": name, "duration": 500_000})
    assert {animation.kind for animation in segment.animations} == kinds
    assert len({(one.phase, one.start_us, one.duration_us) for one in segment.animations}) == 1


@pytest.mark.parametrize("text", [False, True])
def test_animations_come_and_go_at_the_ends_of_a_segment(text: bool) -> None:
    entry = {"type": "in", "name": "渐显", "id": "5", "start": 300, "duration": 200_000}
    leave = {"type": "out", "name": "向下滑动", "resource_id": "6", "start": 0, "duration": 300_000}
    segment, warnings = animated(entry, leave, text=text)
    assert [(one.phase, one.kind, one.start_us, one.duration_us, one.effect_id) for one in segment.animations] == [
        (AnimationPhase.IN, AnimationKind.FADE, 0, 200_000, "5"),
        (AnimationPhase.OUT, AnimationKind.MOVE_DOWN, 700_000, 300_000, "6"),
    ]
    assert warnings == ()


def test_a_loop_repeats_its_length_from_where_the_segment_has_come_until_it_goes() -> None:
    segment, _ = animated(
        {"type": "loop", "name": "摇摆", "start": 0, "duration": 100_000},
        {"type": "in", "name": "渐显", "duration": 200_000},
        {"type": "out", "name": "渐隐", "duration": 300_000},
    )
    (loop,) = (one for one in segment.animations if one.phase is AnimationPhase.LOOP)
    assert (loop.kind, loop.start_us, loop.duration_us, loop.period_us) == (
        AnimationKind.SWING,
        200_000,
        500_000,
        100_000,
    )


def test_a_combination_fills_the_time_it_says() -> None:
    segment, warnings = animated({"type": "group", "name": "缩放", "start": 0, "duration": 9 * SECOND})
    (group,) = segment.animations
    assert (group.kind, group.start_us, group.duration_us) == (AnimationKind.ZOOM_IN, 0, SECOND)
    assert warnings == ()


@pytest.mark.parametrize(("name", "count"), [("三分割", 3), ("三分割 II", 3), ("左右分割", 2)])
def test_an_animation_that_splits_the_screen_is_the_effect(name: str, count: int) -> None:
    segment, (told,) = animated({"type": "group", "name": name, "duration": SECOND})
    assert [(effect.kind, effect.look.count) for effect in segment.effects] == [(EffectKind.SPLIT, count)]
    assert [each.kind for each in segment.animations] == [AnimationKind.STILL]
    assert (told.code, told.material_name) == (WarningCode.EFFECT_APPROXIMATED, name)


@pytest.mark.parametrize(
    ("phase", "kind", "code"),
    [
        ("in", AnimationKind.FADE, WarningCode.EFFECT_APPROXIMATED),
        ("out", AnimationKind.FADE, WarningCode.EFFECT_APPROXIMATED),
        ("loop", AnimationKind.STILL, WarningCode.EFFECT_SKIPPED),
        ("group", AnimationKind.STILL, WarningCode.EFFECT_SKIPPED),
    ],
)
def test_an_unknown_animation_fades_or_stands_still_and_is_told(
    phase: str, kind: AnimationKind, code: WarningCode
) -> None:
    segment, (told,) = animated({"type": phase, "name": "某某", "id": "3", "duration": 100})
    assert [one.kind for one in segment.animations] == [kind]
    assert (told.code, told.segment_id, told.material_name) == (code, segment.id, "某某")


def test_an_animation_without_length_is_none() -> None:
    assert animated({"type": "in", "name": "某某", "duration": 0})[0].animations == ()


def test_an_animation_of_an_unknown_type_is_told() -> None:
    segment, warnings = animated({"type": "caption", "name": "卡拉OK", "duration": 100})
    assert segment.animations == ()
    assert [told.code for told in warnings] == [WarningCode.EFFECT_SKIPPED]


def test_what_a_sound_cannot_have_is_told() -> None:
    builder = DraftBuilder().audio("a.mp3", 0, SECOND).using("masks", name="圆形")
    builder.using("effects", type="filter", name="a").using("material_animations", animations=[])
    segment, warnings = first(builder)
    assert (segment.mask, segment.effects) == (None, ())
    assert [told.material_name for told in warnings] == ["圆形", "a"]
