"""The families of transitions and animations, by Chinese and English names."""

from services.drafts.design import AnimationKind as A
from services.drafts.design import TransitionKind as T
from services.drafts.families.lookup import families

TRANSITIONS = families(
    "transitions",
    (
        T.FADE_BLACK,
        "闪黑 黑场 渐黑 黑场过渡 fadetoblack fadeblack blackfade diptoblack blackflash",
        "闪黑 黑场 toblack",
    ),
    (
        T.FADE_WHITE,
        "闪白 白场 渐白 泛白 fadetowhite fadewhite whitefade diptowhite whiteflash",
        "闪白 泛白 白光 towhite",
    ),
    (T.WIPE_LEFT, "向左擦除 左擦除 wipeleft", "左擦 向左拉屏 wipeleft 翻页 翻篇 翻书 pageturn pagecurl"),
    (T.WIPE_RIGHT, "向右擦除 右擦除 擦除 wiperight wipe", "右擦 wiperight"),
    (T.WIPE_UP, "向上擦除 上擦除 wipeup", "上擦 wipeup"),
    (T.WIPE_DOWN, "向下擦除 下擦除 wipedown", "下擦 wipedown"),
    (T.WIPE_RIGHT, "", "擦除 wipe"),
    (T.CIRCLE, "圆形 圆形遮罩 圆形扫描 圆形打开 circle iris circleopen circlewipe", "圆形 圆盘 circle iris"),
    (T.BLUR, "模糊 高斯模糊 blur gaussianblur", "模糊 虚化 blur"),
    (T.PIXELIZE, "像素 像素化 马赛克 pixel pixelate pixelize mosaic", "像素 马赛克 pixel mosaic"),
    (
        T.ZOOM,
        "推近 拉远 推远 放大 缩小 缩放 变焦 zoom zoomin zoomout pullin pullout",
        "推近 拉远 推远 推进 变焦 穿越 放大 缩小 缩放 zoom pullin pullout",
    ),
    (
        T.SLIDE_LEFT,
        "左移 向左 左滑 向左滑动 左推 向左推 slideleft pushleft moveleft swipeleft left",
        "左移 向左 左滑 左推 slideleft pushleft swipeleft",
    ),
    (
        T.SLIDE_RIGHT,
        "右移 向右 右滑 向右滑动 右推 向右推 slideright pushright moveright swiperight right",
        "右移 向右 右滑 右推 slideright pushright swiperight",
    ),
    (
        T.SLIDE_UP,
        "上移 向上 上滑 向上滑动 上推 向上推 slideup pushup moveup swipeup up",
        "上移 向上 上滑 上推 slideup pushup swipeup",
    ),
    (
        T.SLIDE_DOWN,
        "下移 向下 下滑 向下滑动 下推 向下推 slidedown pushdown movedown swipedown down",
        "下移 向下 下滑 下推 下拉 slidedown pushdown swipedown",
    ),
    (T.SLIDE_LEFT, "滑动 推 推移 slide push", "滑动 slide push swipe"),
    (
        T.DISSOLVE,
        "叠化 溶解 淡化 淡入淡出 交叉溶解 交叉淡化 渐变 dissolve crossdissolve crossfade fade mix",
        "叠化 溶解 叠影 渐隐 渐变 dissolve crossfade fade",
    ),
)

_MOVES = (
    (
        A.MOVE_LEFT,
        "向左滑动 左滑 左移 向左移动 向左飞入 向左飞出 slideleft moveleft left",
        "向左 左移 左滑 slideleft moveleft flyleft",
    ),
    (
        A.MOVE_RIGHT,
        "向右滑动 右滑 右移 向右移动 向右飞入 向右飞出 slideright moveright right",
        "向右 右移 右滑 slideright moveright flyright",
    ),
    (
        A.MOVE_UP,
        "向上滑动 上滑 上移 向上移动 向上飞入 向上飞出 slideup moveup up",
        "向上 上移 上滑 上升 slideup moveup flyup",
    ),
    (
        A.MOVE_DOWN,
        "向下滑动 下滑 下移 向下移动 向下飞入 向下飞出 slidedown movedown down",
        "向下 下移 下滑 下降 落下 下落 slidedown movedown flydown",
    ),
)
_TYPED = (
    A.TYPEWRITER,
    "打字机 打字 逐字显影 逐字显示 typewriter typing",
    "打字 逐字 卡拉ok typewriter typing",
)
_BOUNCED = (
    A.BOUNCE,
    "弹入 弹出 弹跳 跳动 轻微跳动 弹簧 弹性伸缩 bounce bouncein bounceout jump pop popup spring",
    "弹入 弹出 弹跳 跳动 回弹 弹性 弹动 弹簧 bounce spring elastic",
)
_SHAKEN = (
    A.SHAKE,
    "抖动 轻微抖动 震动 左右抖动 上下抖动 颤抖 晃动 shake vibrate tremble jitter",
    "抖动 震动 颤抖 晃动 抖入 shake shaky vibrat tremble jitter wobble",
)
_SWUNG = (
    A.SWING,
    "摇摆 钟摆 雨刷 荡秋千 摇荡 swing pendulum sway",
    "摇摆 钟摆 雨刷 秋千 摇荡 海盗船 swing pendulum sway",
)
_BLINKED = (
    A.BLINK,
    "闪烁 频闪 闪动 爆闪 闪现 闪屏 blink flicker flash strobe",
    "闪烁 频闪 闪动 爆闪 闪屏 闪入 闪出 blink flicker strobe flash",
)
_TURNED = (
    A.ROTATE,
    "旋转 旋入 旋出 转圈圈 转圈 rotate rotation spin rotatein rotateout spinin spinout",
    "旋转 旋入 旋出 转圈 陀螺 rotat spin twirl whirl",
)
_GROWN = (
    A.ZOOM_IN,
    "放大 轻微放大 动感放大 推近 zoomin enlarge scaleup growin grow",
    "放大 推近 变焦 飞近 弹近 zoomin enlarge scaleup",
)
_SHRUNK = (
    A.ZOOM_OUT,
    "缩小 轻微缩小 动感缩小 拉远 zoomout shrink scaledown",
    "缩小 拉远 收缩 飞远 弹远 zoomout shrink scaledown",
)
_FADED = (
    A.FADE,
    "渐显 渐隐 淡入 淡出 淡入淡出 溶解 fade fadein fadeout dissolve appear disappear",
    "渐显 渐隐 淡入 淡出 溶解 消散 dissolve fadein fadeout",
)

ENTRIES = families(
    "entries",
    _TYPED, _BOUNCED, _SHAKEN, _SWUNG, _TURNED, _GROWN, _SHRUNK, *_MOVES, _BLINKED, _FADED
)  # fmt: skip
"""Families of animations at the beginning or end of a segment."""
LOOPS = families(
    "loops",
    _SHAKEN,
    _BOUNCED,
    _SWUNG,
    _BLINKED,
    _TURNED,
    (A.ZOOM_IN, "放大缩小 缩放 心跳 呼吸 脉搏跳动 pulse heartbeat zoom breath", "心跳 悸动 缩放 呼吸 pulse heartbeat"),
    _GROWN,
    _SHRUNK,
    *_MOVES,
)
"""Families of animations over a whole segment, or repeated."""
