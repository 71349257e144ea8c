"""The families of blend modes, masks, effects, filters and adjustments."""

from services.drafts.design import BlendMode as B
from services.drafts.design import EffectKind as E
from services.drafts.design import MaskKind as M
from services.drafts.families.lookup import families

BLENDS = families(
    "blends",
    (B.NORMAL, "正常 默认 无 normal none default", ""),
    (B.MULTIPLY, "正片叠底 multiply", ""),
    (B.SCREEN, "滤色 screen", ""),
    (B.OVERLAY, "叠加 overlay", ""),
    (B.DARKEN, "变暗 darken", ""),
    (B.LIGHTEN, "变亮 lighten brighten", ""),
    (B.COLOR_DODGE, "颜色减淡 colordodge dodge", ""),
    (B.COLOR_BURN, "颜色加深 colorburn burn", ""),
    (B.LINEAR_BURN, "线性加深 linearburn", ""),
    (B.HARD_LIGHT, "强光 hardlight", ""),
    (B.SOFT_LIGHT, "柔光 softlight", ""),
    (B.ADD, "相加 添加 线性减淡 add plus lineardodge lighter", ""),
)
MASKS = families(
    "masks",
    (M.LINE, "线性 line linear split 分割", ""),
    (M.MIRROR, "镜面 mirror filmstrip 胶片", ""),
    (M.CIRCLE, "圆形 circle oval 椭圆", ""),
    (M.RECTANGLE, "矩形 rectangle square rect", ""),
    (M.HEART, "爱心 心形 heart", ""),
    (M.STAR, "星形 五角星 星星 star stars pentagram", ""),
)
"""By `resource_type` or name; with the type `geometric_shape` the name decides."""

_BLACK_WHITE = (
    E.BLACK_WHITE,
    "黑白 黑白胶片 高清黑白 灰度 单色 默片 blackwhite blackandwhite bw grayscale greyscale mono monochrome noir",
    "黑白 灰度 默片 blackwhite blackandwhite grayscale greyscale monochrome",
)
_VIGNETTE = (E.VIGNETTE, "暗角 vignette vignetting", "暗角 vignett")
_GRAIN = (E.GRAIN, "噪点 颗粒 胶片颗粒 grain filmgrain noise", "噪点 颗粒 噪 grain noise")
_VINTAGE = (
    E.VINTAGE,
    "复古 怀旧 老照片 老电影 古早 旧时代 胶片 褐色 昭和 vintage retro sepia oldfilm film",
    "复古 怀旧 古早 老照片 老电影 旧时 胶片 胶卷 vintage retro sepia oldfilm",
)

EFFECTS = families(
    "effects",
    (
        E.GLITCH,
        "故障 轻微故障 色差 rgb glitch rgbsplit rgbglitch chromatic 色差故障",
        "故障 色差 色散 glitch chromatic",
    ),
    (E.MOSAIC, "马赛克 像素 像素化 像素画 低像素 mosaic pixel pixelate pixelize", "马赛克 像素 mosaic pixel"),
    _VIGNETTE,
    _GRAIN,
    (E.SHAKE, "抖动 轻微抖动 震动 摇晃 晃动 颤抖 shake camerashake jitter", "抖动 震动 摇晃 晃动 颤抖 shake shaky"),
    (
        E.FLASH,
        "闪光 闪光灯 闪白 闪黑 闪屏 频闪 爆闪 闪动 快闪 flash strobe whiteflash flashlight",
        "闪光灯 闪白 闪黑 闪屏 屏闪 频闪 爆闪 震闪 flash strobe",
    ),
    (
        E.ZOOM,
        "放大 轻微放大 渐渐放大 变焦 推近 缩放 推镜 zoom zoomin zoomlens",
        "放大 变焦 推近 推镜 缩放 推拉 zoom",
    ),
    (E.MIRROR, "镜像 镜像对称 对称 mirror symmetry", "镜像 mirror"),
    (
        E.BLUR,
        "模糊 高斯模糊 全屏模糊 虚化 失焦 blur gaussianblur defocus outoffocus",
        "模糊 虚化 失焦 毛玻璃 blur defocus",
    ),
    _BLACK_WHITE,
    _VINTAGE,
    (E.WARM, "暖色 暖调 warm", "暖色 暖调 warm"),
    (E.COOL, "冷色 冷调 cool cold", "冷色 冷调"),
    excluded="放大镜 边框 相框 取景框 录制框 开幕 闭幕 投影 涂鸦 烟花 光斑 拼贴 描边 分屏 界面 运镜 frame border",
)
"""Families of scene effects. Effects that only open, frame or decorate a picture belong to none."""
FILTERS = families(
    "filters",
    _BLACK_WHITE,
    (E.WARM, "暖色 暖调 暖黄 暖阳 高清暖调 warm warmth warmtone", "暖 落日 日落 夕阳 warm sunset"),
    (E.COOL, "冷色 冷调 冷白 冷蓝 冷透 清冷 cool cold coolness cooltone", "冷 冰 蓝调 cool cold"),
    (E.FADED, "褪色 faded fade 低饱和 淡彩 素净", "褪色 淡彩 faded"),
    _VINTAGE,
    (
        E.VIVID,
        "鲜艳 鲜亮 鲜明 高饱和 增色 浓郁增色 鲜艳增色 自然增色 vivid vibrant vivacity saturated",
        "鲜艳 鲜亮 鲜明 饱和 增色 浓郁 vivid vibran",
    ),
    _VIGNETTE,
    _GRAIN,
)
"""Families of filters."""
ADJUSTMENTS = {
    "brightness": E.BRIGHTNESS,
    "contrast": E.CONTRAST,
    "saturation": E.SATURATION,
    "temperature": E.TEMPERATURE,
    "hue": E.TINT,
    "tint": E.TINT,
    "tone": E.TINT,
    "highlight": E.HIGHLIGHT,
    "shadow": E.SHADOW,
    "sharpen": E.SHARPEN,
    "sharp": E.SHARPEN,
    "fade": E.FADE,
    "vignetting": E.VIGNETTE,
    "vignette": E.VIGNETTE,
    "particle": E.GRAIN,
    "grain": E.GRAIN,
    "lut": E.LUT,
}
"""Adjustments by the `type` of a material of `effects`."""
NEAR_ADJUSTMENTS = {
    "light_sensation": E.BRIGHTNESS,
    "exposure": E.BRIGHTNESS,
    "white": E.HIGHLIGHT,
    "black": E.SHADOW,
    "clear": E.SHARPEN,
    "clarity": E.SHARPEN,
    "vibrance": E.SATURATION,
}
"""Adjustments drawn as the nearest other one."""
