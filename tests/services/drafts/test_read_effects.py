from typing import Any

import pytest

from services.drafts.design import Effect, EffectKind, Recipe
from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, EffectMaterial, TrackKind
from services.errors import DraftWarning, WarningCode
from tests.support.drafts import DraftBuilder, Json

SECOND = 1_000_000


def read(builder: DraftBuilder) -> Draft:
    return read_draft(builder.bytes())


def attached(bucket: str, **fields: Any) -> tuple[tuple[Effect, ...], tuple[DraftWarning, ...]]:
    draft = read(DraftBuilder().video("a.mp4", 0, SECOND).using(bucket, **fields))
    return draft.tracks[0].segments[0].effects, draft.warnings


def setting(name: str, value: float, default: float | None = None) -> Json:
    return {"name": f"effects_adjust_{name}", "value": value, "default_value": value if default is None else default}


def test_a_filter_is_read_with_its_strength() -> None:
    effects, warnings = attached("effects", type="filter", name="黑白", effect_id="8", value=0.6)
    assert effects == (Effect(kind=EffectKind.BLACK_WHITE, strength=0.6, name="黑白", effect_id="8"),)
    assert warnings == ()


@pytest.mark.parametrize("bucket", ["effects", "video_effects"])
def test_what_has_no_strength_changes_and_tells_nothing(bucket: str) -> None:
    for kind in ("filter", "brightness", "video_effect", "figure"):
        assert attached(bucket, type=kind, name="某某", value=0.0) == ((), ())


@pytest.mark.parametrize(
    ("bucket", "kind"),
    [
        ("effects", "filter"),
        ("effects", "figure"),
        ("effects", ""),
        ("video_effects", "video_effect"),
        ("video_effects", "face_effect"),
    ],
)
def test_an_unknown_effect_is_told_and_none(bucket: str, kind: str) -> None:
    effects, (told,) = attached(bucket, type=kind, name="某某", effect_id="42")
    assert effects == ()
    assert (told.code, told.material_name, told.effect_id) == (WarningCode.EFFECT_SKIPPED, "某某", "42")


def test_an_effect_on_faces_is_none_even_if_its_name_is_known() -> None:
    effects, warnings = attached("video_effects", type="face_effect", name="模糊")
    assert (effects, len(warnings)) == ((), 1)


def test_a_filter_whose_name_says_more_is_drawn_by_its_words_and_told() -> None:
    recipes: list[Recipe] = []
    for name in ("暖晨", "冷调暗黑", "黑白胶片感"):
        (effect,), (told,) = attached("effects", type="filter", name=name)
        assert told.code is WarningCode.EFFECT_APPROXIMATED
        assert "words of its name" in told.message.en
        assert effect.recipe is not None
        recipes.append(effect.recipe)
    warm, dark, grey = recipes
    assert warm.warmth > 0.3 > 0 > dark.light > dark.warmth
    assert grey.saturation == -1


def test_a_word_within_a_longer_one_of_a_filter_s_name_does_not_count() -> None:
    """Black and gold, teal and orange are looks of their own, not the sum of two colours."""
    black_gold, teal_orange = (attached("effects", type="filter", name=name)[0][0].recipe for name in ("黑金", "青橙"))
    assert black_gold is not None
    assert teal_orange is not None
    assert (black_gold.gold, teal_orange.gold) == (1, 0)
    assert max(abs(black_gold.warmth), abs(teal_orange.warmth)) < 0.2
    assert teal_orange.duo > 0.5 > abs(teal_orange.tint)


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("brightness", EffectKind.BRIGHTNESS), ("contrast", EffectKind.CONTRAST),
        ("saturation", EffectKind.SATURATION), ("temperature", EffectKind.TEMPERATURE), ("hue", EffectKind.TINT),
        ("tint", EffectKind.TINT), ("highlight", EffectKind.HIGHLIGHT), ("shadow", EffectKind.SHADOW),
        ("sharpen", EffectKind.SHARPEN), ("fade", EffectKind.FADE), ("white", EffectKind.WHITE),
        ("black", EffectKind.BLACK),
    ],
)  # fmt: skip
def test_every_adjustment_goes_both_ways(kind: str, family: EffectKind) -> None:
    effects, warnings = attached("effects", type=kind, value=-0.4)
    assert effects == (Effect(kind=family, strength=-0.4),)
    assert warnings == ()


def test_values_beyond_what_the_apps_offer_are_kept_within() -> None:
    assert attached("effects", type="contrast", value=7)[0][0].strength == 1.0
    assert attached("effects", type="contrast", value=-7)[0][0].strength == -1.0
    assert attached("effects", type="filter", name="黑白", value=7)[0][0].strength == 1.0


def test_a_white_vignette_is_told_and_none() -> None:
    assert attached("effects", type="vignetting", value=0.5)[0] == (Effect(kind=EffectKind.VIGNETTE, strength=0.5),)
    effects, warnings = attached("effects", type="vignetting", value=-0.5)
    assert (effects, len(warnings)) == ((), 1)


def test_an_adjustment_that_is_only_near_is_told() -> None:
    effects, (told,) = attached("effects", type="light_sensation", value=0.3)
    assert effects == (Effect(kind=EffectKind.BRIGHTNESS, strength=0.3),)
    assert told.code is WarningCode.EFFECT_APPROXIMATED


def test_a_colour_table_is_named_by_its_file() -> None:
    effects, warnings = attached("effects", type="lut", name="电影", path="assets/a.CUBE", value=0.7)
    assert effects == (Effect(kind=EffectKind.LUT, strength=0.7, name="电影", path="assets/a.CUBE"),)
    assert warnings == ()
    effects, warnings = attached("effects", type="lut", name="电影", path="C:/Cache/effect/1")
    assert (effects, len(warnings)) == ((), 1)


def test_an_effects_strength_is_that_of_its_settings() -> None:
    settings = [setting("speed", 0.3), setting("blur", 0.5), setting("intensity", 0.25)]
    effects, warnings = attached("video_effects", type="video_effect", name="模糊", adjust_params=settings)
    assert ([effect.strength for effect in effects], warnings) == ([0.5], ())
    effects, _ = attached("video_effects", type="video_effect", name="抖动", value=0.5, adjust_params=settings)
    assert [effect.strength for effect in effects] == [0.125]


def test_settings_that_are_changed_and_not_drawn_are_told() -> None:
    settings = [setting("intensity", 0.5, default=1.0), setting("speed", 0.9, default=0.3)]
    effects, (told,) = attached("video_effects", type="video_effect", name="抖动", adjust_params=settings)
    assert [effect.strength for effect in effects] == [0.5]
    assert told.code is WarningCode.EFFECT_APPROXIMATED


def test_effects_of_a_segment_keep_their_order() -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND).using("video_effects", type="video_effect", name="暗角")
    builder.using("effects", type="contrast", value=0.1).using("effects", type="filter", name="复古")
    kinds = [effect.kind for effect in read(builder).tracks[0].segments[0].effects]
    assert kinds == [EffectKind.VIGNETTE, EffectKind.CONTRAST, EffectKind.VINTAGE]


def test_a_keyframed_adjustment_replaces_the_standing_one() -> None:
    """The apps also write the value at the playhead."""
    point = {"time_offset": 0, "values": [0.3], "curveType": "Line"}
    moved = {"property_type": "KFTypeBrightness", "keyframe_list": [point]}
    builder = DraftBuilder().video("a.mp4", 0, SECOND, common_keyframes=[moved])
    builder.using("effects", type="brightness", value=0.3).using("effects", type="contrast", value=0.2)
    segment = read(builder).tracks[0].segments[0]
    assert [effect.kind for effect in segment.effects] == [EffectKind.CONTRAST]
    assert len(segment.curves) == 1


def on_track(kind: str, bucket: str, **fields: Any) -> DraftBuilder:
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    return builder.segment(kind, kind, builder.material(bucket, **fields), 0, SECOND)


def test_effect_and_filter_tracks_act_on_what_is_below() -> None:
    for builder, expected in (
        (on_track("effect", "video_effects", type="video_effect", name="抖动", effect_id="7"), EffectKind.SHAKE),
        (on_track("filter", "effects", type="filter", name="暖色", value=0.5, effect_id="7"), EffectKind.WARM),
    ):
        draft = read(builder)
        track = draft.tracks[1]
        material = track.segments[0].material
        assert isinstance(material, EffectMaterial)
        assert (track.kind, [effect.kind for effect in material.effects]) == (TrackKind.EFFECT, [expected])
        assert draft.warnings == ()


def test_an_adjust_track_has_all_the_adjustments_it_refers_to() -> None:
    builder = on_track("adjust", "placeholders", type="placeholder")
    builder.using("effects", type="brightness", value=0.2).using("effects", type="shadow", value=0.0)
    builder.using("effects", type="fade", value=0.3)
    draft = read(builder)
    material = draft.tracks[1].segments[0].material
    assert isinstance(material, EffectMaterial)
    assert [(effect.kind, effect.strength) for effect in material.effects] == [("brightness", 0.2), ("fade", 0.3)]
    assert draft.warnings == ()


@pytest.mark.parametrize("kind", ["effect", "filter", "adjust"])
def test_what_does_nothing_on_an_effect_track_is_told_unless_it_is_hidden(kind: str) -> None:
    bucket, own = ("effects", "filter") if kind == "filter" else ("video_effects", "video_effect")
    builder = on_track(kind, bucket, type=own, name="某某", effect_id="7")
    draft = read(builder)
    assert len(draft.tracks) == 1
    (told,) = draft.warnings
    assert (told.code, told.segment_id) == (WarningCode.EFFECT_SKIPPED, builder.last["id"])
    assert (told.material_name, told.effect_id) == ("某某", "7")
    builder.track(kind, kind, attribute=2)
    assert read(builder).warnings == ()


def test_a_hidden_effect_track_is_read_as_hidden() -> None:
    builder = on_track("effect", "video_effects", type="video_effect", name="抖动")
    builder.track("effect", "effect", attribute=2)
    assert [track.hidden for track in read(builder).tracks] == [False, True]


def test_an_effect_segment_without_or_with_a_strange_material_is_told() -> None:
    builder = on_track("effect", "texts", content="字")
    assert [told.code for told in read(builder).warnings] == [WarningCode.EFFECT_SKIPPED]
    builder.last["material_id"] = "nowhere"
    assert [told.code for told in read(builder).warnings] == [WarningCode.MATERIAL_MISSING]


def test_effects_lie_above_pictures_and_below_captions_when_nothing_is_said() -> None:
    builder = on_track("effect", "video_effects", type="video_effect", name="抖动")
    del builder.last["render_index"]
    builder.text("字", 0, SECOND)
    del builder.last["render_index"]
    indexes = [track.segments[0].render_index for track in read(builder).tracks]
    assert indexes == sorted(indexes)
