"""The variation of a family that a name tells: direction, colour, number, opening or closing, sense of turning."""

from typing import TypeVar
from zlib import crc32

from services.drafts.colors import Color
from services.drafts.design import Variation

T = TypeVar("T")
_ANGLES: dict[str, int] = {
    "左上": 225, "右上": 315, "左下": 135, "右下": 45, "斜": 45, "对角": 45, "diagonal": 45,
    "上下": 90, "左右": 0, "横": 0, "水平": 0, "horizontal": 0, "竖": 90, "纵": 90, "垂直": 90, "vertical": 90,
    "上升": 270, "升起": 270, "飘起": 270, "往上": 270, "下降": 90, "降落": 90, "下落": 90, "坠": 90, "掉落": 90,
    "滴": 90, "飘落": 90, "雨": 90, "雪": 90, "落": 90, "左": 180, "left": 180, "右": 0, "right": 0,
    "上": 270, "up": 270, "下": 90, "down": 90,
}  # fmt: skip
"""Clockwise from rightwards."""
_COLORS: dict[str, Color] = {
    "黑": (0.05, 0.05, 0.05, 1.0), "暗": (0.1, 0.08, 0.12, 1.0), "black": (0.05, 0.05, 0.05, 1.0),
    "白": (1.0, 1.0, 1.0, 1.0), "white": (1.0, 1.0, 1.0, 1.0), "雪": (0.95, 0.97, 1.0, 1.0),
    "银": (0.8, 0.82, 0.86, 1.0), "金": (1.0, 0.8, 0.3, 1.0), "gold": (1.0, 0.8, 0.3, 1.0),
    "粉": (1.0, 0.6, 0.75, 1.0), "樱": (1.0, 0.7, 0.8, 1.0), "pink": (1.0, 0.6, 0.75, 1.0),
    "紫": (0.6, 0.3, 0.9, 1.0), "purple": (0.6, 0.3, 0.9, 1.0), "蓝": (0.2, 0.45, 1.0, 1.0),
    "blue": (0.2, 0.45, 1.0, 1.0), "冰": (0.7, 0.9, 1.0, 1.0), "青": (0.2, 0.85, 0.85, 1.0),
    "绿": (0.25, 0.85, 0.4, 1.0), "green": (0.25, 0.85, 0.4, 1.0), "夜视": (0.25, 0.85, 0.4, 1.0),
    "nightvision": (0.25, 0.85, 0.4, 1.0), "edgeglow": (0.2, 1.0, 0.9, 1.0), "描边发光": (0.2, 1.0, 0.9, 1.0),
    "fire": (1.0, 0.5, 0.1, 1.0),
    "橙": (1.0, 0.6, 0.2, 1.0), "橘": (1.0, 0.6, 0.2, 1.0), "日落": (1.0, 0.55, 0.3, 1.0),
    "夕阳": (1.0, 0.55, 0.3, 1.0), "黄": (1.0, 0.85, 0.3, 1.0), "阳光": (1.0, 0.85, 0.5, 1.0),
    "血": (0.7, 0.0, 0.05, 1.0), "红": (1.0, 0.2, 0.2, 1.0), "red": (1.0, 0.2, 0.2, 1.0),
    "火": (1.0, 0.5, 0.1, 1.0), "玫瑰": (0.9, 0.2, 0.4, 1.0), "霓虹": (1.0, 0.25, 0.9, 1.0),
    "荧光": (0.5, 1.0, 0.5, 1.0), "赛博": (0.9, 0.2, 1.0, 1.0), "彩虹": (0.8, 0.6, 1.0, 1.0),
}  # fmt: skip
_COUNTS: dict[str, int] = {
    "两": 2, "双": 2, "二": 2, "2": 2, "三": 3, "3": 3, "四": 4, "十字": 4, "4": 4, "五": 5, "5": 5, "六": 6, "6": 6,
    "八": 8, "九": 9, "十": 10, "多": 6,
}  # fmt: skip
_OPENINGS: dict[str, bool] = {
    "闭": False, "关": False, "收": False, "缩": False, "合": False, "吸": False, "聚": False, "close": False,
    "开": True, "展": True, "放大": True, "散": True, "爆": True, "扩": True, "open": True,
}  # fmt: skip
_TURNS: dict[str, bool] = {"逆时针": False, "逆": False, "左": False, "顺时针": True, "右": True}


def variation(name: str) -> Variation:
    """The variation of a normalized name."""
    return Variation(
        angle_deg=_first(_ANGLES, name),
        color=_first(_COLORS, name),
        count=_first(_COUNTS, name),
        opening=_first(_OPENINGS, name),
        turning=_first(_TURNS, name),
        seed=crc32(name.encode()),
    )


def _first(words: dict[str, T], name: str) -> T | None:
    return next((value for word, value in words.items() if word in name), None)
