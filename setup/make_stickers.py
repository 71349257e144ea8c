"""Writes services/drafts/families/stickers.tsv: emoji by the words that name them in Chinese and English.

The words are the short names of Unicode's CLDR (Unicode License v3), as the package `emoji` has them, and the names of
common stickers below. It is no package of the project: `uv run --with emoji python -m setup.make_stickers`.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "services" / "drafts" / "families" / "stickers.tsv"
STICKERS = {
    "❤️": "爱心 心形 心 红色爱心 heart love hearts", "💕": "粉色爱心 双心", "🔥": "火 火苗 fire flame flames",
    "⭐": "星 五角星 star stars", "✨": "闪亮 闪闪 星光 sparkle sparkles shine",
    "🎉": "庆祝 撒花 礼炮 celebrate confetti", "🎂": "生日蛋糕 蛋糕 cake birthday",
    "🎁": "礼盒 礼物盒 gift present", "🎈": "气球 balloons", "👍": "点赞 赞 like thumbsup",
    "👏": "鼓掌 掌声 clap applause", "🙏": "祈祷 拜托 pray", "😂": "笑哭 大笑 lol laughing",
    "😭": "大哭 哭 cry crying", "😍": "花痴 色", "🤔": "思考 think thinking", "😡": "生气 愤怒 angry",
    "😱": "惊恐 震惊 shock", "👉": "指 向右指 point", "➡️": "箭头 右箭头 arrow", "⬅️": "左箭头", "⬆️": "上箭头",
    "⬇️": "下箭头", "✅": "对勾 勾 打勾 check checkmark tick", "❌": "叉 打叉 错误 cross wrong",
    "❓": "问号 question", "❗": "感叹号 叹号 exclamation", "💬": "对话框 气泡 对话气泡 bubble",
    "🌸": "樱花 花 花朵 flower flowers blossom", "🌹": "玫瑰花 rose", "🍂": "落叶 秋叶 leaves",
    "🍁": "枫叶 leaf", "☀️": "太阳 sun", "🌙": "月亮 月 弯月 moon", "☁️": "云 云朵 白云 cloud clouds",
    "🌈": "彩虹 rainbow", "❄️": "雪花 雪 snow snowflake", "🌧️": "下雨 雨 rain", "⚡": "闪电 lightning",
    "🦋": "蝴蝶 butterfly", "🐱": "猫 猫咪 小猫 cat kitten", "🐶": "狗 小狗 狗狗 dog puppy",
    "🐰": "兔子 小兔 rabbit bunny", "🐻": "熊 小熊 bear", "🐼": "熊猫 panda",
    "🎵": "音符 音乐 music note notes", "🎬": "场记板 电影 movie", "📷": "相机 照相机 camera",
    "📍": "定位 地点 位置 location pin", "✈️": "飞机 plane airplane", "🚗": "汽车 小车 car",
    "🏠": "房子 家 house home", "☕": "咖啡 coffee", "🍺": "啤酒 beer", "🍓": "草莓 strawberry",
    "🍉": "西瓜 watermelon", "👑": "皇冠 王冠 crown", "💋": "唇印 吻 kiss", "💰": "钱袋 钱 金币 money",
    "💯": "一百分 100", "🏆": "奖杯 冠军 trophy", "⏰": "闹钟 时钟 clock", "🔔": "铃铛 小铃铛 bell",
    "🎄": "圣诞树 圣诞 christmas", "🎃": "南瓜灯 万圣节 halloween", "🧧": "红包", "🏮": "灯笼 红灯笼 lantern",
    "🎆": "烟花 烟火 fireworks firework", "💥": "爆炸 boom explosion", "💨": "烟雾 烟 smoke", "💧": "水滴 drop",
    "🫧": "泡泡 bubbles", "🎀": "蝴蝶结 bow ribbon", "👀": "眼睛 eyes", "💪": "加油 肌肉 strong",
    "🌍": "地球 earth", "🌊": "海浪 浪 wave waves", "🍃": "叶子 绿叶",
}  # fmt: skip
_SKIPPED = re.compile("[\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\u200d\u20e3\U000e0020-\U000e007f]")
"""Flags, tones of skin, joined signs and keys."""


def main() -> None:
    """Write the table."""
    emoji: Any = import_module("emoji")
    emoji.config.load_language("zh")
    words = {sign: found.split() for sign, found in STICKERS.items()}
    for sign, entry in emoji.EMOJI_DATA.items():
        if entry["status"] == emoji.STATUS["fully_qualified"] and not _SKIPPED.search(sign):
            names = (
                entry.get(language, "").strip(":").replace("_", " ").replace("\t", " ") for language in ("zh", "en")
            )
            words.setdefault(sign, []).extend(name for name in names if name)
    rows = (f"{sign}\t{'|'.join(dict.fromkeys(found))}\n" for sign, found in words.items())
    TABLE.write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
