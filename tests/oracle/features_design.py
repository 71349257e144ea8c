"""Features compared with the reference: masks, blend modes, backgrounds, and colours."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.oracle.drawings import LARGE, Draw, Json, feature
from tests.oracle.studies import Feature, Slot


def _masked() -> Iterator[Feature]:
    names = {"line": "线性", "mirror": "镜面", "circle": "圆形", "rectangle": "矩形"}
    plain: Json = {}
    shapes = {name: (name, title, plain) for name, title in names.items()} | {
        "heart": ("geometric_shape", "爱心", {"aspectRatio": 1.115}),
        "star": ("geometric_shape", "星形", {"aspectRatio": 1.05}),
    }
    for name, (kind, title, extra) in shapes.items():
        yield feature("masks", name, _mask(kind, title, "masks", **extra), "mask")
    yield feature("masks", "turned and moved", _mask("rectangle", "矩形", "masks", rotation=30.0, centerX=0.3), "mask")
    yield feature("masks", "feathered", _mask("circle", "圆形", "masks", feather=0.4), "mask")
    yield feature("masks", "inverted", _mask("circle", "圆形", "masks", invert=True), "mask")
    yield feature("masks", "round corners", _mask("rectangle", "矩形", "masks", roundCorner=0.6), "mask")
    yield feature("masks", "as newer apps store it", _mask("circle", "圆形", "common_mask", width=0.3), "mask")


def _mask(kind: str, title: str, bucket: str, **changes: Any) -> Draw:
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
        yield feature("blend modes", mode, _blend("evening.mp4", title, LARGE), f"blend {mode}")
    clear = {"scale": {"x": 0.8, "y": 0.8}, "alpha": 0.6}
    yield feature("blend modes", "screen, clear in places", _blend("badge.png", "滤色", clear), "blend screen")


def _blend(path: str, title: str, clip: Json) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.over(path, clip=clip)
        slot.builder.using("effects", type="mix_mode", name=title, value=1.0, effect_id="7000", resource_id="7000")

    return draw


def _behind() -> Iterator[Feature]:
    for strength in (0.0625, 0.375, 0.75, 1.0):
        yield feature("backgrounds", f"blurred {strength}", _canvas("canvas_blur", blur=strength), "cover")
    yield feature("backgrounds", "colour", _canvas("canvas_color", color="#3366aaff"), "plate")
    yield feature("backgrounds", "half clear colour", _canvas("canvas_color", color="#ffcc0080"), "plate")
    yield feature("backgrounds", "picture", _canvas("canvas_image", image="postcard.png"), "2 items")


def _canvas(kind: str, **fields: Any) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main("tall.mp4", clip={"scale": {"x": 0.9, "y": 0.9}})
        slot.builder.using("canvases", type=kind, **fields)

    return draw


EFFECTS = {
    "blur": "模糊", "vignette": "暗角", "glitch": "故障", "mosaic": "马赛克", "mirror": "镜像", "shake": "抖动",
    "zoom": "放大", "flash": "闪光", "grain": "噪点", "bars": "遮幅", "curtain": "开幕", "ghost": "心跳",
    "sway": "摇摆", "frame": "边框", "split": "四屏", "kaleidoscope": "万花筒", "scanlines": "电视纹理",
    "negative": "负片",
    "edges": "描边", "poster": "油画", "lens": "鱼眼", "ripple": "水波纹", "clearing": "变清晰",
    "duotone": "蓝橘渐变色", "glow": "柔光", "double": "重影",
    "spotlight": "聚光灯", "light": "漏光", "rain": "下雨", "snow": "雪花", "bubbles": "泡泡", "stars": "星光",
    "petals": "花瓣飘落", "hearts": "爱心气泡",
}  # fmt: skip
FILTERS = {
    "black_white": "黑白", "warm": "暖色", "cool": "冷色", "vintage": "复古", "vivid": "鲜艳", "faded": "褪色",
}  # fmt: skip
BOUNDS: dict[str, Json] = {
    "grain": {"smooth_px": 4.0, "why": "its grains fall elsewhere every time: what is compared is blurred"},
    "ripple": {"ssim": 0.89, "why": "pixels move by whole pixels, of which this canvas has few"},
}
ADJUSTMENTS = (
    "brightness", "contrast", "saturation", "temperature", "hue", "highlight", "shadow", "sharpen", "fade", "lut",
)  # fmt: skip
"""By the type of their material."""


def _effects() -> Iterator[Feature]:
    for kind, title in EFFECTS.items():
        draw = _lens("effect", "video_effects", type="video_effect", name=title)
        best = {"flash": 0, "zoom": 2}.get(kind, 1)
        yield replace(feature("effects", kind, draw, kind, best=best), **BOUNDS.get(kind, {}))
    for kind, title in FILTERS.items():
        yield feature("filters", kind, _lens("filter", "effects", type="filter", name=title, value=0.8), kind)
    for kind in ADJUSTMENTS:
        yield feature("adjustments", kind, _adjusted(kind), {"hue": "tint"}.get(kind, kind))
    yield feature("adjustments", "several at once", _adjusted("contrast", "temperature", "fade"), "contrast", "fade")
    for title in ("冷调褪色", "青橙电影", "黑金"):
        yield feature(
            "filters", f"recipe {title}", _lens("filter", "effects", type="filter", name=title, value=0.8), "look"
        )
    table = _lens("filter", "effects", type="filter", name="Dusk", value=1.0, path="C:/Cache/dusk.cube")
    yield feature("filters", "a colour table", table, "lut")

    def of_segment(slot: Slot) -> None:
        slot.main()
        slot.over(clip={"scale": {"x": 0.7, "y": 0.7}})
        slot.builder.using("effects", type="filter", name="黑白", value=1.0, effect_id="4000", resource_id="4000")

    yield feature("filters", "of one segment", of_segment, "black_white")


def _lens(kind: str, bucket: str, **material: Any) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.track(kind, bucket, effect_id="5000", resource_id="5000", **material)

    return draw


def _adjusted(*kinds: str) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        slot.track("adjust", "placeholders", type="adjust", name="调节")
        for kind in kinds:
            file = {"path": "dusk.cube"} if kind == "lut" else {}
            slot.builder.using("effects", type=kind, name=kind, value=0.5, effect_id="", resource_id="", **file)

    return draw


DESIGNS: tuple[Feature, ...] = (*_masked(), *_blended(), *_behind(), *_effects())
