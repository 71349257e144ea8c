"""No loss without a warning: a row for each thing that a draft may ask for and that is not drawn or heard as asked."""

from collections.abc import Callable
from typing import Any

import pytest

from services.drafts.read.draft import read_draft
from services.drafts.read.unsupported import MAX_LISTED
from tests.support.drafts import DraftBuilder, Json

SECOND = 1_000_000
Change = Callable[[DraftBuilder], Any]


def attached(bucket: str, **fields: Any) -> Change:
    """An extra material of a clip."""
    return lambda draft: clip(draft).using(bucket, **{"name": "X", **fields})


def clip(draft: DraftBuilder, **segment: Any) -> DraftBuilder:
    """A clip that the next one follows at once; the builder's last segment is the first of them."""
    draft.video("b.mp4", 2 * SECOND, SECOND)
    return draft.video("a.mp4", SECOND, SECOND, **segment)


def of_segment(**segment: Any) -> Change:
    return lambda draft: clip(draft, **segment)


def of_video(**material: Any) -> Change:
    return lambda draft: (clip(draft), draft.content()["materials"]["videos"][-1].update(material))


def of_text(**material: Any) -> Change:
    return lambda draft: draft.text("字", SECOND, SECOND, material=material)


def of_style(**style: Any) -> Change:
    return lambda draft: draft.text("字", SECOND, SECOND, styles=[{"range": [0, 1], "size": 10, **style}])


def keyframes(kind: str, *points: tuple[Any, Any], **fields: Any) -> Json:
    listed = [{"time_offset": time, "values": [value], **fields} for time, value in points]
    return {"property_type": kind, "keyframe_list": listed}


def moved(*lists: Json, **segment: Any) -> Change:
    return of_segment(common_keyframes=list(lists), **segment)


def moved_text(*lists: Json) -> Change:
    return lambda draft: draft.text("字", 0, SECOND, common_keyframes=list(lists))


def animated(*animations: Json, **fields: Any) -> Change:
    listed = [{"type": "in", "name": "渐显", "duration": 100_000, **each} for each in animations]
    return lambda draft: clip(draft).using("material_animations", animations=listed, **fields)


def on_track(kind: str, bucket: str, **fields: Any) -> Change:
    """A segment of a track of its own, of a material of any bucket."""
    return lambda draft: draft.segment(kind, kind, draft.material(bucket, name="X", **fields), 0, SECOND)


def on_effect(bucket: str, **fields: Any) -> Change:
    """An extra material of an effect that is drawn."""

    def change(draft: DraftBuilder) -> None:
        on_track("effect", "video_effects", type="video_effect", resource_id="6706773500796867084")(draft)
        draft.using(bucket, name="X", **fields)

    return change


def compound(**draft: Any) -> Change:
    return lambda outer: clip(outer).using("drafts", name="X", draft=draft)


def twice(first: Change, bucket: str, **fields: Any) -> Change:
    def change(draft: DraftBuilder) -> None:
        first(draft)
        draft.using(bucket, name="X", **fields)

    return change


BLUR: Json = {"type": "video_effect", "resource_id": "6739752823140913675", "value": 1.0}
TEXTURE: Json = {"alpha": 1.0, "content": {"render_type": "texture"}}
PICTURE: Json = {"content": {"render_type": "texture", "texture": {"path": "a.png", "scale": 2.0}}}
GRADIENT: Json = {"content": {"render_type": "gradient", "gradient": {"color": [[1, 0, 0], [0, 0, 1]]}}}
NARROW: Json = dict.fromkeys(("upper_left_x", "upper_right_x", "lower_left_x", "lower_right_x"), 0.5)
TURNED: Json = {"upper_left_x": 0.5, "upper_right_y": 0.5, "lower_left_y": 0.5, "lower_right_x": 0.5}

LOSSES: dict[str, tuple[Change, str]] = {
    # Keyframes
    **{
        f"keyframes of {kind}": (moved(keyframes(kind, (0, 0.5))), kind)
        for kind in (
            "KFTypeCommonMaskFeather", "KFTypeCommonMaskPositionX", "KFTypeMaskSizeX", "KFTypeEffectAdjustParam1",
            "effects_adjust_speed", "KFTypeLUT", "KFTypeFilter", "KFTypeCommonMaskExpansion", "KFTypeCommonMaskScale",
            "KFTypeChromaIntensity", "KFTypeChromaShadow", "KFTypeAudioPanning", "KFTypeWhatever",
        )
    },
    **{
        f"keyframes of a text's {kind}": (
            moved_text(keyframes(kind, (0, 0.5))),
            kind,
        )
        for kind in ("KFTypeTextCurveAngle", "KFTypeBorderWidth", "KFTypeBackgroundAlpha", "KFTypeVolume")
    },
    "keyframes that are eased": (moved(keyframes("KFTypeAlpha", (0, 0), (9, 1), curveType="FreeCurveInOut")), "easing"),
    "keyframes out of the source": (moved(keyframes("KFTypeAlpha", (9 * SECOND, 0))), "are not reached"),
    "keyframes before the source": (moved(keyframes("KFTypeAlpha", (0, 0)), source_start_us=SECOND), "are not reached"),
    "a keyframe without a value": (moved(keyframes("KFTypeAlpha", (0, None))), "values has an unknown form"),
    "two lists of one property": (
        moved(*[keyframes("KFTypeAlpha", (0, 0.1))] * 2),
        "KFTypeAlpha are not played: other keyframes move the same property",
    ),
    "lists without end": (moved(*[keyframes("KFTypeAlpha", (0, 1))] * (MAX_LISTED + 1)), "unknown form are not played"),
    "keyframes of an old draft": (of_segment(keyframe_refs=["a"]), "unknown form are not played"),
    "keyframes of lyrics": (of_segment(lyric_keyframes=[{"a": 1}]), "unknown form are not played"),
    "keyframes of a track effect": (
        lambda draft: draft.segment(
            "effect", "e", draft.material("video_effects", **BLUR), 0, SECOND,
            common_keyframes=[keyframes("KFTypeAlpha", (0, 1))],
        ),
        "KFTypeAlpha are not played",
    ),
    "keyframes of an effect itself": (
        attached("video_effects", **BLUR, common_keyframes=[{}]),
        "keyframes of the effect",
    ),
    # Attached materials
    **{
        f"attached {bucket} {fields}": (attached(bucket, **fields), says)
        for bucket, fields, says in (
            ("audio_effects", {}, "sound effect X is not applied"),
            ("vocal_beautifys", {}, "Voice beautification"),
            ("vocal_separations", {"choice": 1}, "not separated"),
            ("realtime_denoises", {"is_denoise": True}, "Noise reduction"),
            ("loudnesses", {"enable": True}, "Loudness"),
            ("audio_balances", {}, "balance"),
            ("audio_pannings", {}, "panning"),
            ("sound_channel_mappings", {"audio_channel_mapping": 2}, "channel mapping"),
            ("huazi", {}, "text effect X"),
            ("color_curves", {}, "Colour curves"),
            ("hsl_curves", {}, "Colour curves"),
            ("primary_color_wheels", {}, "Colour wheels"),
            ("log_color_wheels", {}, "Colour wheels"),
            ("video_strokes", {}, "outline"),
            ("video_shadows", {}, "shadow"),
            ("video_radius", {}, "round corners"),
            ("smart_relights", {}, "Relighting"),
            ("manual_beautys", {}, "Face retouching"),
            ("manual_deformations", {}, "deformation"),
            ("plugin_effects", {}, "plug-in effect X"),
            ("hsl", {"hue": 5}, "HSL"),
            ("speeds", {"mode": 1}, "mean speed"),
            ("speeds", {"mode": 2}, "mean speed"),
            ("speeds", {"curve_speed": {"id": "x"}}, "mean speed"),
            ("digital_humans", {}, "material of digital_humans X is not drawn"),
            ("video_trackings", {}, "material of video_trackings X is not drawn"),
            ("something_new", {}, "material of something_new X is not drawn"),
        )
    },
    "a bubble": (attached("effects", type="text_shape"), "bubble X"),
    "a text effect": (attached("effects", type="text_effect"), "text effect X"),
    "an unknown effect": (attached("video_effects", type="video_effect"), "effect X is not drawn"),
    "an effect on faces": (attached("video_effects", type="face_effect"), "follows a face"),
    "a near effect": (attached("video_effects", type="video_effect", name="泡泡模糊"), "standard effect “bubbles”"),
    "an effect's settings": (
        attached("video_effects", **BLUR, adjust_params=[{"name": "speed", "default_value": 0.3, "value": 0.9}]),
        "except for its strength",
    ),
    "an effect of a part of the clip": (
        attached("video_effects", **BLUR, time_range={"start": 0, "duration": 500_000}),
        "is drawn on all of it",
    ),
    "an unknown filter": (attached("effects", type="filter"), "filter X is not drawn"),
    "a near filter": (attached("effects", type="filter", name="暖阳午后"), "words of its name"),
    "an unknown adjustment": (attached("effects", type="beauty", value=0.5), "adjustment beauty X"),
    "a near adjustment": (attached("effects", type="clarity", value=0.5), "clarity is drawn as “sharpen”"),
    "a colour table without a file": (attached("effects", type="lut", value=1.0), "has no .cube"),
    "an unknown blend mode": (attached("effects", type="mix_mode"), "normal is used"),
    "a second blend mode": (
        twice(attached("effects", type="mix_mode", name="滤色"), "effects", type="mix_mode"),
        "first of its",
    ),
    "a chroma key without a colour": (attached("chromas", intensity_value=0.5), "has no colour"),
    "a chroma key's edges": (attached("chromas", color="#00FF00", edge_smooth_value=0.5), "edge smoothing"),
    "a second chroma key": (twice(attached("chromas", color="#00FF00"), "chromas", color="#0000FF"), "first of its"),
    "a second mask": (twice(attached("masks", resource_type="circle"), "masks", resource_type="line"), "first of its"),
    "an unknown mask": (attached("common_mask", resource_type="text"), "mask X is not drawn"),
    "a mask's expansion": (attached("masks", resource_type="circle", config={"expansion": 0.2}), "expansion"),
    "a second fade": (twice(attached("audio_fades"), "audio_fades", fade_in_duration=1), "first of its"),
    "a curved fade": (attached("audio_fades", fade_type=2, fade_in_duration=100_000), "linear fade"),
    "an unknown transition": (attached("transitions", duration=200_000), "drawn as “dissolve”"),
    "a near transition": (attached("transitions", name="泡泡模糊", duration=200_000), "drawn as “dots”"),
    "a transition without a length": (attached("transitions", name="叠化"), "has no duration"),
    "a second transition": (twice(attached("transitions", duration=0), "transitions", duration=1), "first of its"),
    "a transition before a gap": (
        lambda draft: (draft.video("c.mp4", 5 * SECOND, SECOND), draft.video("a.mp4", 2 * SECOND, SECOND).using(
            "transitions", name="叠化", duration=200_000)),
        "does not follow at once",
    ),
    "an unknown background": (lambda draft: draft.using("canvases", type="canvas_video"), "unknown kind"),
    "a background without a picture": (lambda draft: draft.using("canvases", type="canvas_image"), "has no file"),
    "a background of an odd colour": (
        lambda draft: draft.using("canvases", type="canvas_color", color="rgba(1,2,3)"), "color has an unknown form"
    ),
    "an unknown entry": (animated({"name": "X"}), "X is drawn as “fade”"),
    "a near entry": (animated({"name": "雾化放大"}), "drawn as “zoom in”"),
    "an unknown loop": (animated({"name": "X", "type": "loop"}), "stands still"),
    "an animation of an unknown type": (animated({"name": "X", "type": "ring"}), "animation X is not drawn"),
    "a second entry": (animated({}, {"name": "X2"}), "animation X2 is not drawn"),
    "animations without end": (animated(*[{"duration": 0}] * (MAX_LISTED + 1)), f"first {MAX_LISTED} animations"),
    "an animation's settings": (animated({"anim_adjust_params": {"a": 1}}), "default settings"),
    # A clip itself
    **{
        f"a clip's {switch}": (of_segment(**{switch: True}), says)
        for switch, says in (
            ("intensifies_audio", "Voice enhancement"), ("cartoon", "cartoon"), ("is_loop", "repeated"),
            ("enable_smart_color_adjust", "Automatic colour"), ("enable_color_match_adjust", "Colour matching"),
            ("enable_color_correct_adjust", "Colour correction"),
        )
    },
    **{
        f"a video's {name} {value}": (of_video(**{name: value}), says)
        for name, value, says in (
            ("matting", {"flag": 1}, "cut out"), ("stable", {"stable_level": 2}, "Stabilisation"),
            ("video_algorithm", {"noise_reduction": {"level": 1}}, "noise"),
            ("video_algorithm", {"motion_blur_config": {"a": 1}}, "Motion blur"),
            ("video_algorithm", {"deflicker": {"a": 1}}, "Flicker"),
            ("video_algorithm", {"complement_frame_config": {"a": 1}}, "interpolation"),
            ("video_algorithm", {"quality_enhance": {"enable": True}}, "quality_enhance"),
            ("video_algorithm", {"gameplay_configs": [{"id": "x"}]}, "gameplay_configs"),
            ("video_mask_stroke", {"resource_id": "1"}, "outline of the clip's mask"),
            ("video_mask_shadow", {"resource_id": "1"}, "shadow of the clip's mask"),
            ("object_locked", {"a": 1}, "Object tracking"), ("surface_trackings", [{"a": 1}], "Surface"),
            ("corner_pin", {"x": 1}, "pinned"), ("smart_motion", {"a": 1}, "camera motion"),
            ("beauty_face_preset_infos", [{"a": 1}], "Face"), ("beauty_face_auto_preset", {"preset_id": "1"}, "Face"),
            ("beauty_body_preset_id", "1", "Body"), ("beauty_body_auto_preset", {"preset_id": "1"}, "Body"),
            ("audio_fade", {"fade_in_duration": 1}, "fade"), ("crop", TURNED, "rotated crop"),
            ("crop", NARROW, "crop to nothing"),
        )
    },
    # Captions
    "an unknown alignment": (of_text(alignment=7), "alignment has an unknown form"),
    "an unknown typesetting": (of_text(typesetting=3), "typesetting has an unknown form"),
    "an unknown background style": (of_text(background_style=9), "background_style has an unknown form"),
    "an odd colour": (of_text(text_color="red"), "text_color has an unknown form"),
    "a box of an odd colour": (of_text(background_color="red"), "background_color has an unknown form"),
    "an outline of an odd colour": (
        of_text(border_color="red", border_width=0.1),
        "border_color has an unknown form",
    ),
    "a shadow of an odd colour": (of_text(has_shadow=True, shadow_color="red"), "shadow_color has an unknown form"),
    "a picture behind a text": (of_text(background_fill="x"), "picture behind a text"),
    "a thick shadow": (of_text(shadow_thickness_projection_enable=True), "thick shadow"),
    "a glow": (of_text(check_flag=71), "glow"),
    "a curve": (of_text(text_curve={"a": 1}), "along a curve"),
    "karaoke": (of_text(ktv_color="#FF0000"), "Karaoke"),
    "a broken content": (of_text(content='{"text": "字'), "content has an unknown form"),
    "a shadow of old markup": (of_text(content="<size=5><shadow a=1>[字]</shadow></size>"), "shadow of a text"),
    "an effect of old markup": (of_text(content="<size=5><effectStyle id=1>[字]</effectStyle></size>"), "effectStyle"),
    "a ninth outline": (of_style(strokes=[{"width": 0.1}] * 9), "the outlines"),
    "a ninth shadow": (of_style(shadows=[{"distance": 1}] * 9), "the shadows"),
    "a shadow of several colours": (of_style(shadows=[GRADIENT]), "shadow of several colours"),
    "a textured fill": (of_style(fill=TEXTURE), "texture fill"),
    "a picture within letters": (of_style(fill=PICTURE), "covers the whole text"),
    "a style's own effect": (of_style(effectStyle={"id": "7"}), "text effect 7"),
    "an unknown part of a style": (of_style(innerGlow={"a": 1}), "innerGlow of a text"),
    # Segments and tracks
    "a segment without length": (lambda draft: draft.video("a.mp4", SECOND, 0), "duration is zero"),
    "a missing material": (lambda draft: draft.segment("video", "o", "none", 0, SECOND), "not in the draft"),
    "a misplaced material": (on_track("video", "texts"), "cannot be placed on a track"),
    "a sticker without a picture": (on_track("sticker", "stickers"), "has no picture"),
    "a sticker's preview": (on_track("sticker", "stickers", icon_url="https://a.example/1.png"), "preview"),
    "a text template without a text": (on_track("text", "text_templates"), "holds no text"),
    "a compound clip elsewhere": (compound(), "not in this file"),
    "a compound clip that is broken": (compound(tracks=5), "cannot be read"),
    "an unknown track": (on_track("hologram", "videos"), "track of kind hologram"),
    "an unknown effect of a track": (on_track("effect", "something_new"), "effect X is not drawn"),
    "a missing effect of a track": (lambda draft: draft.segment("effect", "e", "none", 0, SECOND), "not in the draft"),
    "a mask of a track effect": (on_effect("masks"), "X cannot be used on a track of kind effect"),
    "an animation of a track effect": (on_effect("material_animations", animations=[{}]), "kind effect"),
    "a blend mode of a track effect": (on_effect("effects", type="mix_mode"), "blend mode X of an effect"),
    "a filter of a sound": (
        lambda draft: draft.audio("a.mp3", 0, SECOND).using("effects", type="filter", name="X"),
        "X cannot be used on a track of kind audio",
    ),
    "a chroma key of a text": (lambda draft: draft.text("字", 0, SECOND).using("chromas", name="X"), "kind text"),
    # Forms
    "a field of another type": (of_segment(volume="loud"), "volume has an unknown form"),
    "an entry that is no object": (of_segment(common_keyframes=[5]), "common_keyframes[0] has an unknown form"),
    "materials that are no list": (
        lambda draft: draft.content()["materials"].update(flowers={"a": 1}), "flowers has an unknown form"
    ),
    "a background of the canvas": (
        lambda draft: draft.content()["canvas_config"].update(background={"a": 1}), "background has an unknown form"
    ),
}  # fmt: skip


def base() -> DraftBuilder:
    return DraftBuilder().video("main.mp4", 0, SECOND)


def test_a_plain_draft_loses_nothing() -> None:
    assert read_draft(clip(base()).text("字", 0, SECOND).audio("a.mp3", 0, SECOND).bytes()).warnings == ()


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_not_drawn_or_heard_as_asked_is_told_in_both_languages(name: str) -> None:
    change, says = LOSSES[name]
    draft = base()
    change(draft)
    warnings = read_draft(draft.bytes()).warnings
    (told,) = [warning for warning in warnings if says in warning.message.en]
    assert any("\u4e00" <= character <= "\u9fff" for character in told.message.zh)
    assert told.segment_id or "draft." in told.message.en
    assert len(warnings) <= 2


@pytest.mark.parametrize(
    "name", ["attached something_new {}", "a second entry", "a clip's is_loop", "an unknown part of a style"]
)
def test_nothing_is_told_of_a_segment_that_is_switched_off(name: str) -> None:
    draft = base()
    LOSSES[name][0](draft)
    draft.last["visible"] = False
    assert read_draft(draft.bytes()).warnings == ()


def test_what_the_apps_attach_or_store_without_asking_for_anything_is_not_told() -> None:
    idle: Json = {
        "video_algorithm": {"path": "", "algorithms": [], "deflicker": None, "quality_enhance": {"enable": False}},
        "beauty_face_auto_preset": {"name": "", "preset_id": "", "rate_map": "", "scene": ""},
        "video_mask_stroke": {"resource_id": "", "alpha": 0}, "matting": {"flag": 0}, "stable": {"stable_level": 0},
        "object_locked": None, "audio_fade": None, "surface_trackings": [], "beauty_body_preset_id": "",
    }  # fmt: skip
    draft = base()
    of_video(**idle)(draft)
    for bucket in ("placeholder_infos", "material_colors", "beats", "sound_channel_mappings", "vocal_separations"):
        draft.using(bucket, type="")
    assert read_draft(draft.bytes()).warnings == ()


def test_more_warnings_than_are_listed_are_told_as_such() -> None:
    draft = base()
    for at in range(120):
        draft.text("字", at * SECOND, SECOND, material={"check_flag": 71})
    assert "More of the draft is not drawn" in read_draft(draft.bytes()).warnings[-1].message.en
