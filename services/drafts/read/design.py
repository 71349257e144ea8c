"""A segment's transition, mask, background and animations."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from services.drafts.colors import BLACK, read_color
from services.drafts.curves import Curve, Keyframe, Property
from services.drafts.design import (
    PLAIN,
    Animation,
    AnimationKind,
    AnimationPhase,
    Backdrop,
    BackdropKind,
    Effect,
    EffectKind,
    Mask,
    MaskKind,
    Transition,
    TransitionKind,
)
from services.drafts.families.effects import EFFECTS, MASKS
from services.drafts.families.lookup import Families, Match
from services.drafts.families.motion import ENTRIES, LOOPS, TRANSITIONS, combined
from services.drafts.fields import Fields
from services.drafts.kind_names import kind_name
from services.drafts.read.unsupported import MAX_LISTED, Sentence, effect_id, effect_name, warn_of
from services.errors import WarningCode

MAX_MASK_SIZE = 100.0
"""In sizes of the material."""
_ENDLESS: Sentence = (
    "The transition {name} has no duration and is not drawn.",
    "转场“{name}”缺少时长，未绘制。",
)
_AGAIN: Sentence = (
    "The animation {name} is not drawn: a segment has one at its beginning, one at its end and one between.",
    "动画“{name}”未绘制：入场、出场、组合或循环动画各仅绘制一个。",
)
_TOO_MANY: Sentence = (
    f"Only the first {MAX_LISTED} animations of a segment are read.",
    f"片段的动画过多，仅处理前 {MAX_LISTED} 个。",
)
_SETTINGS: Sentence = (
    "The animation {name} is drawn with its default settings.",
    "动画“{name}”的自定义参数未生效，按默认绘制。",
)
_UNKNOWN: Sentence = ("The animation {name} is not drawn.", "动画“{name}”未绘制。")
_STILL: Sentence = ("The animation {name} is not drawn; the picture stands still.", "动画“{name}”未绘制，画面静止。")
_SPLIT: Sentence = ("The animation {name} is drawn as a standing split screen.", "动画“{name}”按静止的分屏绘制。")
_NO_PICTURE: Sentence = ("The background picture has no file and is not drawn.", "背景图片没有文件，未绘制。")
_UNKNOWN_BACKDROP: Sentence = ("A background of an unknown kind is not drawn.", "未知类型的背景未绘制。")


def read_transition(fields: Fields | None, segment_id: str) -> Transition | None:
    """The transition to the next segment; None without a duration. An unknown one is a dissolve, with a warning."""
    duration_us = max(0, fields.microseconds("duration")) if fields else 0
    if fields is None or not duration_us:
        if fields is not None and not fields.has("duration"):
            warn_of(fields, segment_id, _ENDLESS)
        return None
    match = TRANSITIONS.of(fields)
    kind = match.kind if match else TransitionKind.DISSOLVE
    if match is None or not match.exact:
        shown = kind_name(kind)
        near = (f"The transition {{name}} is drawn as “{shown.en}”.", f"转场“{{name}}”按“{shown.zh}”绘制。")
        warn_of(fields, segment_id, near, WarningCode.EFFECT_APPROXIMATED)
    look = match.look if match else PLAIN
    return Transition(
        kind=kind, duration_us=duration_us, name=effect_name(fields), effect_id=effect_id(fields), look=look
    )


def read_mask(fields: Fields | None, segment_id: str) -> Mask | None:
    """The mask of a material of `masks` or `common_mask`; None, with a warning, for an unknown shape."""
    if fields is None:
        return None
    match = MASKS.find(fields.label("resource_type")) or MASKS.of(fields)
    if match is None:
        warn_of(fields, segment_id, ("The mask {name} is not drawn.", "蒙版“{name}”未绘制。"))
        return None
    config = fields.object("config")
    if config.has("expansion") and config.number("expansion"):
        warn_of(
            fields,
            segment_id,
            ("The mask {name} is drawn without its expansion.", "蒙版“{name}”未应用扩展。"),
            WarningCode.EFFECT_APPROXIMATED,
        )
    return Mask(
        kind=match.kind,
        center_x=config.number("centerX", 0.0, -MAX_MASK_SIZE, MAX_MASK_SIZE),
        center_y=config.number("centerY", 0.0, -MAX_MASK_SIZE, MAX_MASK_SIZE),
        width=config.number("width", 0.5, 0.0, MAX_MASK_SIZE),
        height=config.number("height", 0.5, 0.0, MAX_MASK_SIZE),
        rotation_deg=config.number("rotation") % 360.0,
        feather=config.number("feather", 0.0, 0.0, 1.0),
        invert=config.flag("invert"),
        round_corner=config.number("roundCorner", 0.0, 0.0, 1.0) if match.kind is MaskKind.RECTANGLE else 0.0,
    )


def read_backdrop(fields: Fields | None, segment_id: str) -> Backdrop | None:
    """The background of a material of `canvases`; None for an empty one.

    Overlays have such materials too, without effect.
    """
    kind = fields.text("type") if fields else ""
    if fields is None or (kind in ("", "canvas_color") and not fields.text("color")):
        return None
    if kind in ("", "canvas_color"):
        return Backdrop(kind=BackdropKind.COLOR, color=read_color(fields, "color", BLACK))
    if kind == "canvas_blur":
        blur = fields.number("blur", 0.0, 0.0, 1.0)
        return Backdrop(kind=BackdropKind.BLUR, blur=blur)
    picture = fields.text("image") or fields.text("album_image")
    if kind == "canvas_image" and picture:
        return Backdrop(kind=BackdropKind.PICTURE, picture=picture)
    warn_of(fields, segment_id, _NO_PICTURE if kind == "canvas_image" else _UNKNOWN_BACKDROP)
    return None


def read_animations(found: list[Fields], duration_us: int, segment_id: str) -> tuple[Animation, ...]:
    """The animations of a segment of `duration_us`: one of each phase, as in the apps.

    An unknown one at the beginning or end is a fade, any other one is `STILL`, with a warning.
    """
    read: dict[AnimationPhase, Animation] = {}
    kinds: dict[AnimationPhase, tuple[AnimationKind, ...]] = {}
    for fields in found:
        for listed in islice(fields.objects("animations"), MAX_LISTED):
            animation = _animation(listed, duration_us, segment_id)
            if animation is None:
                continue
            if read.setdefault(animation.phase, animation) is not animation:
                warn_of(listed, segment_id, _AGAIN)
            kinds.setdefault(animation.phase, _kinds(listed, animation))
        if len(fields.list("animations")) > MAX_LISTED:
            warn_of(fields, segment_id, _TOO_MANY)
    fitted = [_between(animation, read, duration_us) for animation in read.values()]
    return tuple(replace(each, kind=kind) for each in fitted if each.duration_us for kind in kinds[each.phase])


def read_splits(found: list[Fields]) -> tuple[Effect, ...]:
    """The split screens (三分割) among the animations of a whole segment, as effects; in two by default."""
    return tuple(
        Effect(
            kind=EffectKind.SPLIT,
            name=effect_name(listed),
            effect_id=effect_id(listed),
            look=replace(split.look, count=split.look.count or 2),
        )
        for fields in found
        for listed in islice(fields.objects("animations"), MAX_LISTED)
        if listed.text("type") == AnimationPhase.GROUP and (split := _split(listed)) is not None
    )


def blurs(animations: tuple[Animation, ...], duration_us: int) -> Iterator[Effect]:
    """The blurs out of which, or into which, animations of a segment of `duration_us` fade."""
    for each in animations:
        if each.kind is AnimationKind.BLUR and each.phase in (AnimationPhase.IN, AnimationPhase.OUT):
            start_us = duration_us - each.duration_us if each.phase is AnimationPhase.OUT else 0
            first = float(each.phase is AnimationPhase.IN)
            points = (Keyframe(start_us, first), Keyframe(start_us + each.duration_us, 1 - first))
            yield Effect(kind=EffectKind.BLUR, name=each.name, curve=Curve(Property.STRENGTH, points))


def _split(fields: Fields) -> Match[EffectKind] | None:
    """The split screen that an animation over a whole segment shows; None for any other animation."""
    match = LOOPS.of(fields)
    shown = EFFECTS.find(match.name) if match else None
    return shown if shown is not None and shown.kind is EffectKind.SPLIT else None


def _kinds(fields: Fields, animation: Animation) -> tuple[AnimationKind, ...]:
    """The kinds of an animation: several for a name of several words."""
    families = _families(animation.phase)
    match = families.of(fields)
    return combined(families, match) if match and animation.kind is not AnimationKind.STILL else (animation.kind,)


def _families(phase: AnimationPhase) -> Families[AnimationKind]:
    return ENTRIES if phase in (AnimationPhase.IN, AnimationPhase.OUT) else LOOPS


def _animation(fields: Fields, duration_us: int, segment_id: str) -> Animation | None:
    """One animation; None for one without a duration, or, with a warning, of an unknown type."""
    length_us = min(max(0, fields.microseconds("duration")), duration_us)
    if fields.text("type") not in tuple(AnimationPhase):
        warn_of(fields, segment_id, _UNKNOWN)
        return None
    phase = AnimationPhase(fields.text("type"))
    if not length_us:
        return None
    start_us = duration_us - length_us if phase is AnimationPhase.OUT else fields.microseconds("start")
    if phase is AnimationPhase.IN:
        start_us = 0
    if fields.values.get("anim_adjust_params"):
        warn_of(fields, segment_id, _SETTINGS, WarningCode.EFFECT_APPROXIMATED)
    return Animation(
        phase=phase,
        kind=_kind(fields, phase, segment_id),
        start_us=min(max(0, start_us), duration_us),
        duration_us=length_us,
        name=effect_name(fields),
        effect_id=effect_id(fields) or fields.label("id"),
    )


def _kind(fields: Fields, phase: AnimationPhase, segment_id: str) -> AnimationKind:
    entry = phase in (AnimationPhase.IN, AnimationPhase.OUT)
    match = _families(phase).of(fields)
    if phase is AnimationPhase.GROUP and _split(fields) is not None:
        warn_of(fields, segment_id, _SPLIT, WarningCode.EFFECT_APPROXIMATED)
        return AnimationKind.STILL
    if match is not None and match.exact:
        return match.kind
    kind = match.kind if match else AnimationKind.FADE if entry else AnimationKind.STILL
    if kind is AnimationKind.STILL:
        warn_of(fields, segment_id, _STILL)
    else:
        shown = kind_name(kind)
        near = (f"The animation {{name}} is drawn as “{shown.en}”.", f"动画“{{name}}”按“{shown.zh}”绘制。")
        warn_of(fields, segment_id, near, WarningCode.EFFECT_APPROXIMATED)
    return kind


def _between(animation: Animation, others: dict[AnimationPhase, Animation], duration_us: int) -> Animation:
    """The animation; a loop is repeated, with its own duration as period, between the animations in and out."""
    if animation.phase is not AnimationPhase.LOOP:
        return animation
    leaving = others.get(AnimationPhase.OUT)
    end_us = leaving.start_us if leaving else duration_us
    entering = others.get(AnimationPhase.IN)
    start_us = max(animation.start_us, entering.duration_us if entering else 0)
    return replace(
        animation,
        start_us=min(start_us, end_us),
        duration_us=max(0, end_us - start_us),
        period_us=animation.duration_us,
    )
