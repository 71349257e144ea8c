"""Features compared with the reference: motion and transitions."""

from collections.abc import Iterator

from tests.oracle.drawings import HALF, LARGE, Draw, Json, clip, feature, upon
from tests.oracle.fronts import ARRIVALS
from tests.oracle.scenery import FPS
from tests.oracle.studies import FRAMES, Feature, Slot
from tests.oracle.transitions import KINDS
from tests.support.drafts import DraftBuilder

WHOLE_PIXELS = "it grows by whole pixels, of which this canvas has few; fractions take several times longer"
"""The reason of another bound for transitions that zoom."""
LINEAR = "the reference samples with cubic curves, or without losing chroma"
"""The reason of another bound for transitions that bend or turn the picture."""


def keyframes(**curves: tuple[float, ...]) -> Json:
    """A segment's keyframes: each property from the slot's first frame to its last, in even steps."""
    length_us = FRAMES * 1_000_000 / FPS
    return {
        "common_keyframes": [
            {
                "property_type": f"KFType{name}",
                "keyframe_list": [
                    {"time_offset": round(length_us * step / (len(values) - 1)), "values": [value], "curveType": "Line"}
                    for step, value in enumerate(values)
                ],
            }
            for name, values in curves.items()
        ]
    }


def _masked(slot: Slot) -> None:
    slot.main()
    moves = keyframes(
        CommonMaskPositionX=(-0.6, 0.6), CommonMaskSizeWidth=(0.2, 0.7), CommonMaskRotation=(0.0, 70.0),
        CommonMaskFeather=(0.0, 0.5),
    )  # fmt: skip
    slot.over(clip=LARGE, **moves)
    config = {"centerX": 0.0, "centerY": 0.0, "width": 0.3, "height": 0.6}
    slot.builder.using("common_mask", type="mask", name="矩形", resource_type="rectangle", config=config)


def _resting(slot: Slot) -> None:
    slot.main()
    slot.over(clip=LARGE, **keyframes(CommonMaskPositionX=(-0.6, 0.3, 0.3)))
    config = {"centerX": 0.0, "centerY": 0.0, "width": 0.3, "height": 0.6}
    slot.builder.using("common_mask", type="mask", name="圆形", resource_type="circle", config=config)


def _of_clip(**curves: tuple[float, ...]) -> Draw:
    """A clip with a filter and adjustments whose strengths move."""

    def draw(slot: Slot) -> None:
        slot.main()
        slot.over("evening.mp4", clip=LARGE, **keyframes(**curves))
        slot.builder.using("effects", type="filter", name="黑白", value=0.5, effect_id="4000", resource_id="4000")

    return draw


def _blurred(slot: Slot) -> None:
    slot.main()
    slot.track("effect", "video_effects", type="video_effect", name="模糊", effect_id="5000", resource_id="5000")
    slot.builder.last.update(keyframes(EffectAdjustParam1=(0.0, 0.8)))


KEYED: dict[str, tuple[tuple[str, ...], Draw]] = {
    "of a mask": (("mask",), _masked),
    "of a mask that comes to rest": (("mask",), _resting),
    "of temperature and tint": (("temperature", "tint"), _of_clip(Temperature=(-0.8, 0.8), Tone=(0.5, -0.5))),
    "of a filter": (("black_white",), _of_clip(Filter=(0.0, 1.0))),
    "of an effect": (("blur",), _blurred),
}
HELD: Json = {
    "common_keyframes": [
        {
            "property_type": "KFTypePositionX",
            "keyframe_list": [
                {"time_offset": 200_000, "values": [-0.5], "curveType": "Line"},
                {"time_offset": 300_000, "values": [0.5], "curveType": "Line"},
            ],
        }
    ]
}
"""Keyframes of the middle only."""


def _keyframed() -> Iterator[Feature]:
    separate = {"uniform_scale": {"on": False, "value": 1.0}}
    on_video: dict[str, tuple[set[str], Json]] = {
        "position": ({"x", "y"}, keyframes(PositionX=(-0.5, 0.5), PositionY=(0.4, -0.3, 0.2))),
        "scale": ({"width", "height"}, keyframes(ScaleX=(0.3, 0.8))),
        "scale of one axis": ({"width"}, keyframes(ScaleX=(0.3, 0.8), ScaleY=(0.5, 0.5)) | separate),
        "rotation": ({"rotation_deg"}, keyframes(Rotation=(0.0, 90.0, 45.0))),
        "alpha": ({"alpha"}, keyframes(Alpha=(0.0, 1.0, 0.3))),
        "all of these": (
            {"x", "width", "rotation_deg", "alpha"},
            keyframes(PositionX=(-0.4, 0.4), ScaleX=(0.3, 0.7), Rotation=(-30.0, 60.0), Alpha=(1.0, 0.4)),
        ),
        "brightness": ({"brightness"}, keyframes(Brightness=(-0.4, 0.4))),
        "contrast": ({"contrast"}, keyframes(Contrast=(-0.4, 0.4))),
        "saturation": ({"saturation"}, keyframes(Saturation=(-0.8, 0.8))),
    }
    for name, (moved, options) in on_video.items():
        draw = upon("evening.mp4", clip=HALF, **options)
        yield feature("keyframes", name, draw, *(f"moving {each}" for each in moved), best=0)
    for name, (wants, draw) in KEYED.items():
        yield feature("keyframes", name, draw, *wants)
    moves = keyframes(PositionX=(-0.4, 0.4), Rotation=(0.0, 40.0))
    yield feature("keyframes", "of a photo", upon("postcard.png", **moves), "moving x", "moving rotation_deg")
    yield feature("keyframes", "of a clear picture", upon("badge.png", **moves), "moving x", "moving rotation_deg")

    def of_text(slot: Slot) -> None:
        slot.main()
        slot.text("Moving", size=16, **keyframes(PositionY=(0.5, -0.5), ScaleX=(0.6, 1.2)))

    yield feature("keyframes", "of a caption", of_text, "moving y", "moving width")

    def of_sticker(slot: Slot) -> None:
        slot.main()
        slot.sticker(**keyframes(PositionX=(-0.6, 0.6), ScaleX=(0.3, 0.6), Rotation=(0.0, 45.0)))

    yield feature("keyframes", "of a sticker", of_sticker, "moving x", "moving width", "moving rotation_deg")
    yield feature("keyframes", "held before and after", upon("evening.mp4", clip=HALF, **HELD), "moving x")
    zoom = keyframes(ScaleX=(1.0, 1.6), PositionX=(0.0, 0.2))
    yield feature("keyframes", "of the bottom clip", clip(**zoom), "moving width")


TRANSITIONS = {
    "dissolve": "叠化", "fade_black": "闪黑", "fade_white": "闪白", "slide_left": "左移", "slide_right": "右移",
    "slide_up": "上移", "slide_down": "下移", "wipe_left": "向左擦除", "wipe_right": "向右擦除",
    "wipe_up": "向上擦除", "wipe_down": "向下擦除", "circle": "圆形", "zoom": "推近", "blur": "模糊",
    "pixelize": "像素", "sweep": "暗影遮", "blinds": "百叶窗", "doors": "分割", "clock": "风车转盘", "heart": "爱心",
    "star": "星星", "polygon": "菱形",
    "cells": "棋盘", "ink": "水墨", "burn": "燃烧", "dots": "波点",
    "waves": "波浪",
    "tear": "撕纸", "brush": "涂抹", "spiral": "漩涡", "rings": "涟漪", "push": "向左上",
    "cover": "下坠",
    "card": "卡片", "flip": "翻转",
    "stretch": "拉伸", "spin": "旋转", "pull": "拉远", "shake": "抖动", "whip": "甩鞭",
    "glitch": "故障", "negative": "负片", "mirror": "万花筒", "fisheye": "鱼眼", "flash": "金色闪", "leak": "漏光",
    "strobe": "频闪", "sine": "淡入淡出", "exposure": "泛白", "mist": "雾化交叠", "panes": "窗格", "bounce": "弹跳",
    "cube": "立方旋转", "across": "横移模糊", "white": "白光快闪", "curl": "翻页", "closer": "叠化拉近",
    "approach": "推镜虚化", "inhale": "吸入", "added": "叠加",
}  # fmt: skip
"""The apps' names, or such as are near a family."""
FRONTS = frozenset(kind.value for kind in ARRIVALS)
PLAIN = frozenset(kind.value for kind in KINDS)


def _crossed() -> Iterator[Feature]:
    for kind, title in TRANSITIONS.items():
        why = WHOLE_PIXELS if kind in ("zoom", "pull", "stretch") else LINEAR if kind in ("spin", "fisheye") else ""
        bound: Json = {"ssim": 0.95, "why": why} if why else {}
        if kind == "curl":
            bound = {"ssim": 0.96, "why": "flat paper is shaded in steps of a code"}
        if kind == "closer":  # five pictures that grow, one of the other
            bound = {"ssim": 0.87, "difference": 4.0, "why": WHOLE_PIXELS}
        group = "fronts" if kind in FRONTS else "transitions" if kind in PLAIN else "more transitions"
        yield feature(group, kind, _transition(title), kind, **bound)
    yield feature("transitions", "overlapping ranges", _overlapping, "dissolve")
    yield feature("transitions", "between photos that do not fill", _of_photos, "slide_left")
    yield feature("transitions", "above other tracks", _above("叠化"), "dissolve")
    for kind in ("fade_white", "circle", "wipe_up", "slide_left"):
        yield feature("transitions", f"{kind} above other tracks", _above(TRANSITIONS[kind]), kind)
    yield feature("transitions", "of moving pictures", _of_moving, "wipe_right")
    yield feature("transitions", "beyond the source", _beyond, "dissolve")


def _transition(title: str) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main("morning.mp4", 0, 8)
        _using_transition(slot.builder, title, 12)
        slot.main("evening.mp4", 8, FRAMES, source_start_us=500_000)

    return draw


def _overlapping(slot: Slot) -> None:
    slot.main("morning.mp4", 0, 11)
    _using_transition(slot.builder, "叠化", 8, is_overlap=True)
    slot.main("evening.mp4", 3, FRAMES)


def _of_photos(slot: Slot) -> None:
    slot.main("postcard.png", 0, 8)
    _using_transition(slot.builder, "左移", 12)
    slot.main("tall.mp4", 8, FRAMES)


def _above(title: str) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.builder.photo("badge.png", *slot.span(0, 8), track="above", render_index=3, clip=LARGE)
        _using_transition(slot.builder, title, 12)
        slot.builder.photo("postcard.png", *slot.span(8), track="above", render_index=3, clip=HALF)

    return draw


def _of_moving(slot: Slot) -> None:
    slot.main()
    turning = keyframes(Rotation=(0.0, 90.0), PositionX=(-0.5, 0.5))
    slot.builder.photo("badge.png", *slot.span(0, 8), track="above", render_index=3, clip=LARGE, **turning)
    _using_transition(slot.builder, "向右擦除", 12)
    slot.builder.photo("postcard.png", *slot.span(8), track="above", render_index=3, clip=HALF, **turning)


def _beyond(slot: Slot) -> None:
    """Neither clip has more material: one's last frame is held, the other's first comes early."""
    slot.main("morning.mp4", 0, 8, source_start_us=2_000_000 - 8 * 33_333)
    _using_transition(slot.builder, "叠化", 12)
    slot.main("evening.mp4", 8)


def _using_transition(builder: DraftBuilder, title: str, frames: int, *, is_overlap: bool = False) -> None:
    builder.using(
        "transitions", type="transition", name=title, effect_id="6000", resource_id="6000",
        duration=round(frames * 1_000_000 / FPS), is_overlap=is_overlap,
    )  # fmt: skip


ANIMATIONS = {
    "fade in": ("in", "渐显", ("alpha",)),
    "zoom in": ("in", "放大", ("width",)),
    "zoom out": ("in", "缩小", ("width",)),
    "move up": ("in", "向上滑动", ("y",)),
    "rotate": ("in", "旋转", ("rotation_deg",)),
    "bounce": ("in", "弹入", ()),
    "fade out": ("out", "渐隐", ("alpha",)),
    "move left out": ("out", "向左滑动", ("x",)),
    "shake": ("group", "轻微抖动", ()),
    "swing": ("group", "摇摆", ("rotation_deg",)),
    "pulse": ("loop", "心跳", ("width",)),
    "blink": ("loop", "闪烁", ("alpha",)),
    "wiped": ("in", "羽化向右擦开", ("mask",)),
    "a circle closes": ("out", "晕开", ("mask",)),
    "out of a blur": ("in", "模糊", ("alpha",)),
}
"""By name: the phase, the apps' name, and the segment."""
OF_TEXT = {
    "text: fade in": ("in", "渐显", ("moving alpha",)),
    "text: move right": ("in", "向右滑动", ("moving x",)),
    "text: fade out": ("out", "渐隐", ("moving alpha",)),
    "text: opened": ("in", "开幕", ("mask",)),
    "text: out of a blur": ("in", "模糊", ("moving alpha",)),
    "text: wave": ("loop", "波浪", ("5 items", "moving y")),
    "text: hop": ("loop", "跳动", ("moving y",)),
    "text: typewriter": ("in", "打字机", ("5 items",)),
    "text: typed away": ("out", "打字机", ("5 items",)),
}


BEST = {"in": 0, "out": 2, "group": 2, "loop": 0}
"""The compared frame that shows an animation of a phase best."""


def _animated() -> Iterator[Feature]:
    for name, (phase, title, moved) in ANIMATIONS.items():
        wants = tuple(each if each == "mask" else f"moving {each}" for each in moved)
        yield feature("animations", name, _animation(phase, title), *wants, best=BEST[phase])
    for name, (phase, title, wanted) in OF_TEXT.items():
        yield feature("animations", name, _text_animation(phase, title), *wanted, best=BEST[phase])


def _animation(phase: str, title: str) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.over("postcard.png")
        _using_animation(slot, phase, title)

    return draw


def _text_animation(phase: str, title: str) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.text("Typewriter", size=14)
        _using_animation(slot, phase, title)

    return draw


def _using_animation(slot: Slot, phase: str, title: str) -> None:
    """An animation of ten frames; a permanent one fills the slot, and a loop has three rounds."""
    frames = {"group": FRAMES, "loop": FRAMES // 3}.get(phase, 10)
    start = FRAMES - frames if phase == "out" else 0
    animation = {
        "type": phase, "name": title, "id": "3000", "resource_id": "3000",
        "start": round(start * 1_000_000 / FPS), "duration": round(frames * 1_000_000 / FPS),
    }  # fmt: skip
    slot.builder.using("material_animations", type="sticker_animation", animations=[animation])


MOTIONS: tuple[Feature, ...] = (*_keyframed(), *_crossed(), *_animated())
