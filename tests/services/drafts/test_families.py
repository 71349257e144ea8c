from dataclasses import fields as fields_of
from enum import StrEnum
from typing import Any

import pytest

from services.drafts.design import PLAIN, AnimationKind, BlendMode, EffectKind, MaskKind, TransitionKind, Variation
from services.drafts.families.catalogue import names_of, read_entries
from services.drafts.families.effects import BLENDS, EFFECTS, FILTERS, MASKS
from services.drafts.families.lookup import Families, normalized
from services.drafts.families.motion import ENTRIES, LOOPS, TRANSITIONS
from services.drafts.fields import Fields, Warnings
from setup.make_catalogue import TABLES, listed


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("叠化", TransitionKind.DISSOLVE),
        ("Mix", TransitionKind.DISSOLVE),
        ("Dissolve", TransitionKind.DISSOLVE),
        ("闪黑 II", TransitionKind.FADE_BLACK),
        ("闪白", TransitionKind.FADE_WHITE),
        ("White Flash", TransitionKind.FADE_WHITE),
        ("左移", TransitionKind.SLIDE_LEFT),
        ("向右", TransitionKind.SLIDE_RIGHT),
        ("Push up", TransitionKind.SLIDE_UP),
        ("Swipe Left", TransitionKind.SLIDE_LEFT),
        ("下移", TransitionKind.SLIDE_DOWN),
        ("泛白", TransitionKind.EXPOSURE),
        ("窗格", TransitionKind.PANES),
        ("弹跳", TransitionKind.BOUNCE),
        ("雾化交叠", TransitionKind.MIST),
        ("立方旋转", TransitionKind.CUBE),
        ("横移模糊", TransitionKind.ACROSS),
        ("翻页", TransitionKind.CURL),
        ("叠化拉近", TransitionKind.CLOSER),
        ("推镜虚化", TransitionKind.APPROACH),
        ("白光快闪", TransitionKind.WHITE),
        ("淡入淡出", TransitionKind.SINE),
        ("向上擦除", TransitionKind.WIPE_UP),
        ("Wipe left", TransitionKind.WIPE_LEFT),
        ("圆形遮罩", TransitionKind.CIRCLE),
        ("推近", TransitionKind.ZOOM),
        ("Pull out", TransitionKind.PULL),
        ("模糊", TransitionKind.BLUR),
        ("像素", TransitionKind.PIXELIZE),
        ("马赛克Ⅲ", TransitionKind.PIXELIZE),
    ],
)
def test_a_transition_of_a_plain_name_is_its_family(name: str, kind: TransitionKind) -> None:
    match = TRANSITIONS.find(name)
    assert match is not None
    assert (match.kind, match.exact) == (kind, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("上下翻页", TransitionKind.CURL),
        ("翻篇", TransitionKind.CURL),
        ("镜像翻转", TransitionKind.FLIP),
        ("吸入", TransitionKind.INHALE),
        ("叠加", TransitionKind.ADDED),
        ("放射", TransitionKind.CLOSER),
        ("3D空间", TransitionKind.CUBE),
        ("逆时针旋转", TransitionKind.SPIN),
        ("波点向右", TransitionKind.DOTS),
        ("白色墨花", TransitionKind.INK),
        ("闪光灯", TransitionKind.FLASH),
        ("画笔擦除", TransitionKind.BRUSH),
        ("向左上", TransitionKind.PUSH),
        ("泡泡模糊", TransitionKind.DOTS),
        ("星光叠化", TransitionKind.STAR),
        ("圆形分割 II", TransitionKind.CIRCLE),
        ("甩鞭转场", TransitionKind.WHIP),
        ("反相转场", TransitionKind.NEGATIVE),
        ("创意转场", TransitionKind.DISSOLVE),
    ],
)
def test_a_transition_whose_name_says_more_is_only_near_its_family(name: str, kind: TransitionKind) -> None:
    match = TRANSITIONS.find(name)
    assert match is not None
    assert (match.kind, match.exact) == (kind, False)


@pytest.mark.parametrize("name", ["", "超赞", "吃掉", "???", "Triptych"])
def test_other_transitions_are_of_no_family(name: str) -> None:
    assert TRANSITIONS.find(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("渐显", AnimationKind.FADE),
        ("Fade In", AnimationKind.FADE),
        ("放大", AnimationKind.ZOOM_IN),
        ("轻微放大", AnimationKind.SLIGHT_ZOOM_IN),
        ("旋入", AnimationKind.SPIN),
        ("Zoom Out", AnimationKind.ZOOM_OUT),
        ("缩小 II", AnimationKind.ZOOM_OUT),
        ("向上滑动", AnimationKind.MOVE_UP),
        ("Slide Left", AnimationKind.MOVE_LEFT),
        ("旋转", AnimationKind.ROTATE),
        ("轻微抖动 III", AnimationKind.SHAKE),
        ("弹入", AnimationKind.BOUNCE),
        ("打字机 I", AnimationKind.TYPEWRITER),
        ("打字机IV", AnimationKind.TYPEWRITER),
        ("Typewriter", AnimationKind.TYPEWRITER),
        ("钟摆", AnimationKind.SWING),
        ("闪动", AnimationKind.BLINK),
        ("羽化向右擦开", AnimationKind.WIPE_RIGHT),
        ("开幕", AnimationKind.OPEN),
        ("模糊", AnimationKind.BLUR),
    ],
)
def test_an_animation_of_a_plain_name_is_its_family(name: str, kind: AnimationKind) -> None:
    match = ENTRIES.find(name)
    assert match is not None
    assert (match.kind, match.exact) == (kind, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("小火车 I", AnimationKind.TRAIN_LEFT),
        ("小火车 II", AnimationKind.SCROLL_LEFT),
        ("小火车Ⅲ", AnimationKind.TRAIN_RIGHT),
        ("小火车IV", AnimationKind.SCROLL_RIGHT),
        ("字幕滚动", AnimationKind.SCROLL_UP),
        ("波浪", AnimationKind.WAVE),
        ("翻转", AnimationKind.FLIP),
        ("抖入放大", AnimationKind.JOLT),
    ],
)
def test_a_loop_of_a_plain_name_is_its_family(name: str, kind: AnimationKind) -> None:
    match = LOOPS.find(name)
    assert match is not None
    assert (match.kind, match.exact) == (kind, True)


def test_a_loop_pulses_where_an_entry_grows() -> None:
    found = LOOPS.find("心跳")
    assert found is not None
    assert found.kind is AnimationKind.ZOOM_IN
    entry = ENTRIES.find("心跳")
    assert entry is not None
    assert entry.kind is AnimationKind.BOUNCE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("模糊", EffectKind.BLUR),
        ("Blur", EffectKind.BLUR),
        ("暗角", EffectKind.VIGNETTE),
        ("故障 II", EffectKind.GLITCH),
        ("RGB Split", EffectKind.GLITCH),
        ("马赛克", EffectKind.MOSAIC),
        ("镜像", EffectKind.MIRROR),
        ("抖动", EffectKind.SHAKE),
        ("放大", EffectKind.ZOOM),
        ("闪光", EffectKind.FLASH),
        ("噪点", EffectKind.GRAIN),
        ("黑白", EffectKind.BLACK_WHITE),
        ("变清晰", EffectKind.CLEARING),
        ("水波纹 II", EffectKind.RIPPLE),
        ("节奏摇摆", EffectKind.SWAY),
        ("电影氛围", EffectKind.BARS),
    ],
)
def test_an_effect_of_a_plain_name_is_its_family(name: str, kind: EffectKind) -> None:
    match = EFFECTS.find(name)
    assert match is not None
    assert (match.kind, match.exact) == (kind, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("放大镜", EffectKind.LENS),
        ("荡漾水波", EffectKind.RIPPLE),
        ("纸质边框", EffectKind.FRAME),
        ("Night Vision", EffectKind.DUOTONE),
        ("Rainbow", EffectKind.LIGHT),
        ("模糊闭幕", EffectKind.CURTAIN),
        ("怀旧边框", EffectKind.FRAME),
        ("爱心光斑", EffectKind.SNOW),
        ("下雨", EffectKind.RAIN),
        ("灵魂出窍", EffectKind.GHOST),
        ("跟随运镜", EffectKind.SWAY),
        ("水波纹", EffectKind.RIPPLE),
        ("聚光灯", EffectKind.SPOTLIGHT),
        ("星光", EffectKind.STARS),
    ],
)
def test_what_decorates_or_opens_a_picture_has_a_family_of_that_kind(name: str, kind: EffectKind) -> None:
    found = EFFECTS.find(name)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("黑白", EffectKind.BLACK_WHITE),
        ("B&W", EffectKind.BLACK_WHITE),
        ("暖色", EffectKind.WARM),
        ("冷白", EffectKind.COOL),
        ("复古", EffectKind.VINTAGE),
        ("鲜艳", EffectKind.VIVID),
        ("褪色", EffectKind.FADED),
    ],
)
def test_a_filter_of_a_plain_name_is_its_family(name: str, kind: EffectKind) -> None:
    match = FILTERS.find(name)
    assert match is not None
    assert (match.kind, match.exact) == (kind, True)


@pytest.mark.parametrize(
    ("name", "english", "mode"),
    [
        ("正片叠底", "Multiply", BlendMode.MULTIPLY),
        ("滤色", "Screen", BlendMode.SCREEN),
        ("叠加", "Overlay", BlendMode.OVERLAY),
        ("变暗", "Darken", BlendMode.DARKEN),
        ("变亮", "Lighten", BlendMode.LIGHTEN),
        ("颜色减淡", "Color Dodge", BlendMode.COLOR_DODGE),
        ("颜色加深", "Color Burn", BlendMode.COLOR_BURN),
        ("线性加深", "Linear Burn", BlendMode.LINEAR_BURN),
        ("强光", "Hard Light", BlendMode.HARD_LIGHT),
        ("柔光", "Soft Light", BlendMode.SOFT_LIGHT),
        ("相加", "Add", BlendMode.ADD),
    ],
)
def test_every_blend_mode_is_known_in_both_languages(name: str, english: str, mode: BlendMode) -> None:
    for found in (BLENDS.find(name), BLENDS.find(english)):
        assert found is not None
        assert found.kind is mode


@pytest.mark.parametrize("name", ["差值", "Difference", "柔光效果"])
def test_other_blend_modes_are_not_guessed(name: str) -> None:
    assert BLENDS.find(name) is None


def test_every_shape_of_mask_is_known() -> None:
    names = ("线性", "镜面", "圆形", "矩形", "爱心", "星形")
    assert [found.kind for name in names if (found := MASKS.find(name))] == list(MaskKind)


@pytest.mark.parametrize(
    ("name", "compared"),
    [
        ("Zoom-In  II", "zoomin"),
        ("故障ＩＩ", "故障"),
        ("缩小2", "缩小"),
        ("B&W", "bw"),
        ("Taxi", "taxi"),
        ("160C", "160c"),
    ],
)
def test_names_are_compared_without_case_signs_and_numbers(name: str, compared: str) -> None:
    assert normalized(name) == compared


def fields(**values: str) -> Fields:
    return Fields(dict(values), "material", Warnings())


@pytest.mark.parametrize(
    ("families", "found", "name", "kind"),
    [
        (TRANSITIONS, "6724845717472416269", "Hòa tan", TransitionKind.DISSOLVE),
        (TRANSITIONS, "6724226861666144779", "Приближение", TransitionKind.ZOOM),
        (ENTRIES, "6798332733694153230", "Phóng to", AnimationKind.ZOOM_IN),
        (ENTRIES, "6739418227031413256", "Лёгкая тряска", AnimationKind.SHAKE),
        (EFFECTS, "6706773500796867084", "Rung", EffectKind.SHAKE),
        (EFFECTS, "6730912024596845063", "ズーム", EffectKind.ZOOM),
        (EFFECTS, "7399463239379209477", "", EffectKind.VIGNETTE),
        (FILTERS, "6803536715836297742", "Ấm", EffectKind.WARM),
        (BLENDS, "6758325170760323597", "Màn hình", BlendMode.SCREEN),
        (MASKS, "7356934080102928946", "Hình tròn", MaskKind.CIRCLE),
        (MASKS, "7416258989467374091", "", MaskKind.STAR),
    ],
)
@pytest.mark.parametrize("field", ["resource_id", "effect_id", "id"])
def test_an_id_tells_the_family_whatever_the_app_calls_it(
    families: Families[Any], found: str, name: str, kind: StrEnum, field: str
) -> None:
    match = families.of(fields(**{field: found, "name": name}))
    assert match is not None
    assert (match.kind, match.exact) == (kind, True)


def test_an_id_goes_before_a_name_and_a_name_holds_where_the_id_is_unknown() -> None:
    dissolve = TRANSITIONS.of(fields(resource_id="6724845717472416269", name="闪黑"))
    black = TRANSITIONS.of(fields(resource_id="1", name="闪黑"))
    assert (dissolve and dissolve.kind, black and black.kind) == (TransitionKind.DISSOLVE, TransitionKind.FADE_BLACK)


def test_an_id_of_another_sort_of_thing_tells_nothing() -> None:
    assert EFFECTS.of(fields(resource_id="6724845717472416269")) is None


@pytest.mark.parametrize("table", TABLES)
def test_the_committed_tables_are_what_the_generators_list(table: str) -> None:
    known = {(entry.kind, each) for entry in read_entries(table) for each in entry.ids}
    assert {(entry.kind, each) for entry in listed(TABLES[table]) for each in entry.ids} <= known


def test_an_entry_is_found_by_either_of_its_ids_and_by_nothing_near_them() -> None:
    names = [names_of("transitions", found) for found in ("6724845717472416269", "322577", "32257", "", "叠化")]
    assert names == [("叠化",), ("叠化",), (), (), ()]


def test_a_table_tells_the_default_duration_and_the_apps() -> None:
    entry = next(entry for entry in read_entries("transitions") if entry.names == ("叠化",))
    assert (entry.duration_ms, entry.apps) == (500, "jc")


def test_masks_of_newer_apps_are_known_by_their_shape() -> None:
    star = MASKS.find("pentagram")
    assert star is not None
    assert star.kind is MaskKind.STAR


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("向左上", Variation(angle_deg=225)),
        ("三屏滑入", Variation(count=3)),
        ("紫红闪光", Variation(color=(0.6, 0.3, 0.9, 1.0))),
        ("逆时针旋转 II", Variation(turning=False)),
        ("收缩抖动", Variation(opening=False)),
    ],
)
def test_the_words_of_a_name_tell_the_look(name: str, look: Variation) -> None:
    found = TRANSITIONS.find(name)
    assert found is not None
    assert not found.exact
    told = {field.name for field in fields_of(look) if field.name != "seed" and getattr(look, field.name) is not None}
    assert {name: getattr(found.look, name) for name in told} == {name: getattr(look, name) for name in told}


def test_a_plain_name_has_the_standard_look_of_its_family() -> None:
    assert {found.look for name in ("百叶窗", "叠化", "旋转") if (found := TRANSITIONS.find(name))} == {PLAIN}


COVERED: dict[str, tuple[Families[Any], float]] = {
    "transitions": (TRANSITIONS, 0.95),
    "effects": (EFFECTS, 0.8),
    "filters": (FILTERS, 0.9),
}
"""The families of a table, and the least share of its names that they hold."""


@pytest.mark.parametrize("app", ["j", "c"])
@pytest.mark.parametrize("table", COVERED)
def test_the_families_hold_most_names_of_either_app(table: str, app: str) -> None:
    families, share = COVERED[table]
    names = {name for entry in read_entries(table) if app in entry.apps for name in entry.names}
    assert sum(families.find(name) is not None for name in names) >= share * len(names)
