"""The names of the families of transitions, animations and effects in English and Chinese, for messages."""

from services.drafts.design import AnimationKind, EffectKind, TransitionKind
from services.errors import Bilingual

_TRANSITIONS = (
    "dissolve 叠化 fade_black 闪黑 fade_white 闪白 slide_left 左移 slide_right 右移 slide_up 上移 "
    "slide_down 下移 wipe_left 向左擦除 wipe_right 向右擦除 wipe_up 向上擦除 wipe_down 向下擦除 circle 圆形遮罩 "
    "zoom 拉近 blur 模糊 pixelize 马赛克 sweep 扫过 blinds 百叶窗 doors 开门 clock 时钟 heart 爱心 star 星形 "
    "polygon 多边形 cells 方格 ink 水墨 burn 燃烧 dots 圆点 waves 波浪 tear 撕纸 brush 笔刷 spiral 螺旋 "
    "rings 圆环 push 推动 cover 覆盖 card 卡片 flip 翻转 stretch 拉伸 spin 旋转 pull 拉远 shake 抖动 whip 甩动 "
    "glitch 故障 negative 负片 mirror 镜像 fisheye 鱼眼 flash 闪光 leak 漏光 strobe 频闪 sine 正弦 exposure 曝光 "
    "mist 雾化 panes 分屏 bounce 回弹 cube 立方体 across 横移 white 白色 curl 卷页 closer 推近 approach 靠近 "
    "inhale 吸入 added 叠加"
)
_ANIMATIONS = (
    "fade 渐显 zoom_in 放大 zoom_out 缩小 move_left 左移 move_right 右移 move_up 上移 move_down 下移 rotate 旋转 "
    "shake 抖动 bounce 弹跳 typewriter 打字机 blink 闪烁 swing 摇摆 slight_zoom_in 轻微放大 "
    "slight_zoom_out 轻微缩小 spin 转圈 flip 翻转 blur 模糊 wipe_left 向左擦除 wipe_right 向右擦除 "
    "wipe_up 向上擦除 wipe_down 向下擦除 open 开幕 spread 晕开 scroll_left 向左滚动 scroll_right 向右滚动 "
    "scroll_up 向上滚动 train_left 向左小火车 train_right 向右小火车 wave 波浪 jolt 抖入 rainbow 彩虹 still 静止"
)
_EFFECTS = (
    "blur 模糊 vignette 暗角 black_white 黑白 warm 暖色 cool 冷色 vintage 复古 vivid 鲜艳 faded 褪色 grain 颗粒 "
    "glitch 故障 mosaic 马赛克 mirror 镜像 shake 抖动 zoom 缩放 flash 闪光 bars 电影黑边 curtain 幕布 ghost 重影 "
    "sway 摇晃 frame 边框 split 分屏 kaleidoscope 万花筒 scanlines 扫描线 negative 负片 edges 描边 "
    "poster 色调分离 lens 镜头畸变 ripple 水波 clearing 由模糊变清晰 duotone 双色调 glow 柔光 double 叠影 "
    "spotlight 聚光 light 光效 rain 雨 snow 雪 bubbles 气泡 stars 星光 petals 花瓣 hearts 爱心 lut 颜色表 "
    "look 风格 brightness 亮度 contrast 对比度 saturation 饱和度 temperature 色温 tint 色调 highlight 高光 "
    "shadow 阴影 black 黑色 white 白色 sharpen 锐化 fade 褪色"
)

_ENGLISH = {
    TransitionKind: {
        "fade_black": "fade through black",
        "fade_white": "fade through white",
        "zoom": "zoom in",
        "doors": "opening doors",
        "clock": "clock wipe",
        "cells": "grid",
        "pull": "zoom out",
        "leak": "light leak",
        "sine": "sine wave",
        "panes": "split screen",
        "across": "blurred pan",
        "white": "white light",
        "curl": "page curl",
        "closer": "zoom dissolve",
        "approach": "blurred zoom",
        "inhale": "shrink to a point",
        "added": "additive dissolve",
    },
    AnimationKind: {
        "open": "opening from the middle",
        "spread": "growing circle",
        "jolt": "shake and grow",
        "rainbow": "rainbow colours",
    },
    EffectKind: {
        "black_white": "black and white",
        "warm": "warm colours",
        "cool": "cool colours",
        "vivid": "vivid colours",
        "faded": "faded colours",
        "bars": "film bars",
        "frame": "border",
        "split": "split screen",
        "edges": "outlines",
        "poster": "posterization",
        "lens": "lens distortion",
        "clearing": "blur that clears",
        "double": "double exposure",
        "light": "light effect",
        "lut": "colour table",
        "look": "style",
        "highlight": "highlights",
        "shadow": "shadows",
        "black": "blacks",
        "white": "whites",
    },
}
"""Names of families whose own value does not say them."""
ADJUSTMENT_NAMES = {
    "light_sensation": Bilingual("brilliance", "光感"),
    "exposure": Bilingual("exposure", "曝光"),
    "clear": Bilingual("clarity", "清晰"),
    "clarity": Bilingual("clarity", "清晰"),
    "vibrance": Bilingual("vibrance", "自然饱和度"),
}
"""The apps' names of the adjustments without a family of their own, by their `type`."""


def _names(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_CHINESE = {
    TransitionKind: _names(_TRANSITIONS),
    AnimationKind: _names(_ANIMATIONS),
    EffectKind: _names(_EFFECTS),
}


def kind_name(kind: TransitionKind | AnimationKind | EffectKind) -> Bilingual:
    """The name of a family; without a Chinese one, the English one in both languages."""
    words = _ENGLISH[type(kind)].get(kind.value, kind.value.replace("_", " "))
    return Bilingual(words, _CHINESE[type(kind)].get(kind.value, words))
