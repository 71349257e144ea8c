"""The features that are compared with the reference: what is done to segments beyond showing them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.oracle.scenery import FPS, HEIGHT, WIDTH
from tests.oracle.studies import FRAMES, SSIM, Feature, Slot
from tests.support.drafts import DraftBuilder

Json = dict[str, Any]
HALF = {"scale": {"x": 0.5, "y": 0.5}}


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


COARSE = {("keyframes", "scale"): 0.93, ("keyframes", "of the bottom clip"): 0.93, ("transitions", "zoom"): 0.94}
"""Large pictures that grow are drawn in even sides and on whole pixels: several times quicker than by fractions."""


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
        yield _feature(
            "keyframes", name, _upon("evening.mp4", clip=HALF, **options), *(f"moving {each}" for each in moved)
        )
    moves = keyframes(PositionX=(-0.4, 0.4), Rotation=(0.0, 40.0))
    yield _feature("keyframes", "of a photo", _upon("postcard.png", **moves), "moving x", "moving rotation_deg")
    yield _feature("keyframes", "of a clear picture", _upon("badge.png", **moves), "moving x", "moving rotation_deg")

    def of_text(slot: Slot) -> None:
        slot.main()
        slot.text("Moving", size=16, **keyframes(PositionY=(0.5, -0.5), ScaleX=(0.6, 1.2)))

    yield _feature("keyframes", "of a caption", of_text, "moving y", "moving width")
    zoom = keyframes(ScaleX=(1.0, 1.6), PositionX=(0.0, 0.2))
    yield _feature("keyframes", "of the bottom clip", lambda slot: slot.main(**zoom), "moving width")


def _masked() -> Iterator[Feature]:
    names = {"line": "线性", "mirror": "镜面", "circle": "圆形", "rectangle": "矩形"}
    plain: Json = {}
    shapes = {name: (name, title, plain) for name, title in names.items()} | {
        "heart": ("geometric_shape", "爱心", {"aspectRatio": 1.115}),
        "star": ("geometric_shape", "星形", {"aspectRatio": 1.05}),
    }
    for name, (kind, title, extra) in shapes.items():
        yield _feature("masks", name, _mask(kind, title, "masks", **extra), "mask")
    yield _feature("masks", "turned and moved", _mask("rectangle", "矩形", "masks", rotation=30.0, centerX=0.3), "mask")
    yield _feature("masks", "feathered", _mask("circle", "圆形", "masks", feather=0.4), "mask")
    yield _feature("masks", "inverted", _mask("circle", "圆形", "masks", invert=True), "mask")
    yield _feature("masks", "round corners", _mask("rectangle", "矩形", "masks", roundCorner=0.6), "mask")
    yield _feature("masks", "as newer apps store it", _mask("circle", "圆形", "common_mask", width=0.3), "mask")


def _mask(kind: str, title: str, bucket: str, **changes: Any) -> Callable[[Slot], object]:
    config = {
        "centerX": 0.0, "centerY": 0.0, "width": 0.45, "height": 0.6, "rotation": 0.0, "invert": False,
        "feather": 0.0, "roundCorner": 0.0, "aspectRatio": 1.0, **changes,
    }  # fmt: skip

    def draw(slot: Slot) -> None:
        slot.main()
        slot.over(clip={"scale": {"x": 0.9, "y": 0.9}})
        slot.builder.using(bucket, type="mask", name=title, resource_type=kind, config=config)

    return draw


BLENDS = {
    "multiply": "正片叠底", "screen": "滤色", "overlay": "叠加", "darken": "变暗", "lighten": "变亮",
    "color_dodge": "颜色减淡", "color_burn": "颜色加深", "linear_burn": "线性加深", "hard_light": "强光",
    "soft_light": "柔光",
}  # fmt: skip
"""The apps' names."""


def _blended() -> Iterator[Feature]:
    for mode, title in BLENDS.items():
        yield _feature(
            "blend modes", mode, _blend("evening.mp4", title, {"scale": {"x": 0.8, "y": 0.8}}), f"blend {mode}"
        )
    clear = {"scale": {"x": 0.8, "y": 0.8}, "alpha": 0.6}
    yield _feature("blend modes", "screen, clear in places", _blend("badge.png", "滤色", clear), "blend screen")


def _blend(path: str, title: str, clip: Json) -> Callable[[Slot], object]:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.over(path, clip=clip)
        slot.builder.using("effects", type="mix_mode", name=title, value=1.0, effect_id="7000", resource_id="7000")

    return draw


TRANSITIONS = {
    "dissolve": "叠化", "fade_black": "闪黑", "fade_white": "闪白", "slide_left": "左移", "slide_right": "右移",
    "slide_up": "上移", "slide_down": "下移", "wipe_left": "向左擦除", "wipe_right": "向右擦除",
    "wipe_up": "向上擦除", "wipe_down": "向下擦除", "circle": "圆形", "zoom": "推近", "blur": "模糊",
    "pixelize": "像素",
}  # fmt: skip
"""The apps' names."""


def _crossed() -> Iterator[Feature]:
    for kind, title in TRANSITIONS.items():
        yield _feature("transitions", kind, _transition(title), kind)
    yield _feature("transitions", "overlapping ranges", _overlapping, "dissolve")
    yield _feature("transitions", "between photos that do not fill", _of_photos, "slide_left")
    yield _feature("transitions", "above other tracks", _above, "dissolve")


def _transition(title: str) -> Callable[[Slot], object]:
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


def _above(slot: Slot) -> None:
    slot.main()
    large = {"scale": {"x": 0.8, "y": 0.8}}
    slot.builder.photo("badge.png", *slot.span(0, 8), track="above", render_index=3, clip=large)
    _using_transition(slot.builder, "叠化", 12)
    slot.builder.photo("postcard.png", *slot.span(8), track="above", render_index=3, clip=HALF)


def _using_transition(builder: DraftBuilder, title: str, frames: int, *, is_overlap: bool = False) -> None:
    builder.using(
        "transitions", type="transition", name=title, effect_id="6000", resource_id="6000",
        duration=round(frames * 1_000_000 / FPS), is_overlap=is_overlap,
    )  # fmt: skip


def _behind() -> Iterator[Feature]:
    for strength in (0.0625, 0.375, 0.75, 1.0):
        yield _feature("backgrounds", f"blurred {strength}", _canvas("canvas_blur", blur=strength), "cover")
    yield _feature("backgrounds", "colour", _canvas("canvas_color", color="#3366aaff"), "plate")
    yield _feature("backgrounds", "half clear colour", _canvas("canvas_color", color="#ffcc0080"), "plate")
    yield _feature("backgrounds", "picture", _canvas("canvas_image", image="postcard.png"), "2 items")


def _canvas(kind: str, **fields: Any) -> Callable[[Slot], object]:
    def draw(slot: Slot) -> None:
        slot.main("tall.mp4", clip={"scale": {"x": 0.9, "y": 0.9}})
        slot.builder.using("canvases", type=kind, **fields)

    return draw


EFFECTS = {
    "blur": "模糊", "vignette": "暗角", "glitch": "故障", "mosaic": "马赛克", "mirror": "镜像", "shake": "抖动",
    "zoom": "放大", "flash": "闪光", "grain": "噪点",
}  # fmt: skip
FILTERS = {
    "black_white": "黑白", "warm": "暖色", "cool": "冷色", "vintage": "复古", "vivid": "鲜艳", "faded": "褪色",
}  # fmt: skip
NOISY: Json = {"smooth_px": 4.0, "why": "its grains fall elsewhere every time: what is compared is blurred"}
ADJUSTMENTS = ("brightness", "contrast", "saturation", "temperature", "highlight", "shadow", "sharpen", "fade")


def _looks() -> Iterator[Feature]:
    for kind, title in EFFECTS.items():
        draw = _lens("effect", "video_effects", type="video_effect", name=title)
        yield replace(_feature("effects", kind, draw, kind), **(NOISY if kind == "grain" else {}))
    for kind, title in FILTERS.items():
        yield _feature("filters", kind, _lens("filter", "effects", type="filter", name=title, value=0.8), kind)
    for kind in ADJUSTMENTS:
        yield _feature("adjustments", kind, _adjusted(kind), kind)

    def of_segment(slot: Slot) -> None:
        slot.main()
        slot.over(clip={"scale": {"x": 0.7, "y": 0.7}})
        slot.builder.using("effects", type="filter", name="黑白", value=1.0, effect_id="4000", resource_id="4000")

    yield _feature("filters", "of one segment", of_segment, "black_white")


def _lens(kind: str, bucket: str, **material: Any) -> Callable[[Slot], object]:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.track(kind, bucket, effect_id="5000", resource_id="5000", **material)

    return draw


def _adjusted(kind: str) -> Callable[[Slot], object]:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.track("adjust", "placeholders", type="adjust", name="调节")
        slot.builder.using("effects", type=kind, name=kind, value=0.5, effect_id="", resource_id="")

    return draw


ANIMATIONS = {
    "fade in": ("in", "渐显", ("alpha",)),
    "zoom in": ("in", "放大", ("width",)),
    "move up": ("in", "向上滑动", ("y",)),
    "rotate": ("in", "旋转", ("rotation_deg",)),
    "shake": ("group", "轻微抖动", ()),
    "fade out": ("out", "渐隐", ("alpha",)),
    "bounce": ("in", "弹入", ()),
}


def _animated() -> Iterator[Feature]:
    for name, (phase, title, moved) in ANIMATIONS.items():
        yield _feature("animations", name, _animation(phase, title), *(f"moving {each}" for each in moved))

    def typewriter(slot: Slot) -> None:
        slot.main()
        slot.text("Typewriter", size=14)
        _using_animation(slot, "in", "打字机", 0, 12)

    yield _feature("animations", "typewriter", typewriter, "5 items")


def _animation(phase: str, title: str) -> Callable[[Slot], object]:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.over("postcard.png")
        frames = FRAMES if phase == "group" else 10
        _using_animation(slot, phase, title, FRAMES - frames if phase == "out" else 0, frames)

    return draw


def _using_animation(slot: Slot, phase: str, title: str, start: int, frames: int) -> None:
    animation = {
        "type": phase, "name": title, "id": "3000", "resource_id": "3000",
        "start": round(start * 1_000_000 / FPS), "duration": round(frames * 1_000_000 / FPS),
    }  # fmt: skip
    slot.builder.using("material_animations", type="sticker_animation", animations=[animation])


def _others() -> Iterator[Feature]:
    def keyed(slot: Slot) -> None:
        slot.main()
        slot.over("screened.png", clip={"scale": {"x": 0.8, "y": 0.8}})
        slot.builder.using(
            "chromas", type="chroma", color="#00c83cff", intensity=0.3, intensity_value=0.3, shadow=0.1,
            shadow_value=0.1,
        )  # fmt: skip

    def sticker(slot: Slot) -> None:
        slot.main()
        slot.track("sticker", "stickers", 14000, type="sticker", name="badge", path="badge.png", resource_id="2000")

    def compound(slot: Slot) -> None:
        nested = DraftBuilder(WIDTH, HEIGHT, FPS)
        nested.video("evening.mp4", 0, slot.span()[1], clip=HALF)
        nested.photo("badge.png", 0, slot.span()[1], track="badge", clip={"scale": {"x": 0.4, "y": 0.4}})
        slot.main()
        slot.over("", clip={"scale": {"x": 0.8, "y": 0.8}, "rotation": 10.0})
        slot.builder.using("drafts", type="combination", name="inner", draft=nested.content())

    def effect_between(slot: Slot) -> None:
        slot.main()
        slot.over("postcard.png", render_index=20000)
        slot.track("filter", "effects", type="filter", name="黑白", value=1.0, effect_id="5001", resource_id="5001")

    yield _feature("others", "chroma key", keyed, "chroma")
    yield _feature("others", "sticker", sticker, "2 items")
    yield _feature("others", "compound clip", compound, "2 items")
    yield _feature("others", "a filter between two tracks", effect_between, "black_white")


def _upon(path: str, **options: Any) -> Callable[[Slot], object]:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.over(path, **options)

    return draw


def _feature(group: str, name: str, draw: Callable[[Slot], object], *wants: str) -> Feature:
    least = COARSE.get((group, name), SSIM)
    why = "it moves by whole pixels, of which this canvas has few" if least < SSIM else ""
    return Feature(group=group, name=name, draw=draw, wants=frozenset(wants), ssim=least, why=why)


DESIGNS: tuple[Feature, ...] = (
    *_keyframed(),
    *_masked(),
    *_blended(),
    *_crossed(),
    *_behind(),
    *_looks(),
    *_animated(),
    *_others(),
)
