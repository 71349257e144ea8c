"""The recipes of filters: what each word of a name changes.

The colour tables of the apps are downloads. A filter is drawn by the sum of its words: 冷调褪色 is cool and faded. A
checksum of the name moves the sum a little, so that names of the same words differ.
"""

from zlib import crc32

from services.drafts.design import Recipe

_WORDS: dict[str, Recipe] = {
    "黑白 单色 灰度 默片 bw b&w noir gritty 银盐 墨 水墨 恍光": Recipe(saturation=-1.0, contrast=0.25),
    "灰 岩 雾 烟 尘 砾 矿 石 侘寂 素 moody somber humble": Recipe(saturation=-0.45, fade=0.25, contrast=-0.1),
    "褪色 faded 淡 旧 浅 薄 往事 忆 回忆 记忆 过期 nostalgic yellowed": Recipe(
        saturation=-0.3, fade=0.55, contrast=-0.25, warmth=0.15
    ),
    "暖 warm 阳 炉 sun candle cozy mulled 食 餐 味 烘 烤 焙 烧 宴 厨 料理 炊 年味 姜": Recipe(
        warmth=0.6, saturation=0.15
    ),
    "落日 日落 夕 黄昏 晚霞 余晖 暮 傍晚 向晚 dusk sunset twilight amber 橘 橙 橘子 tangerine 曛 日食 夏威夷 "
    "沙滩": Recipe(warmth=0.9, saturation=0.2, glow=(0.12, 0.02, -0.1), light=-0.08),
    "黄 金 gold 秋 枫 fall foliage 落叶 麦 琥珀 蜜 柠 铜 鎏 香槟 tan honey 黄石 稻": Recipe(
        warmth=0.65, tint=-0.1, glow=(0.1, 0.06, -0.14)
    ),
    "冷 cool cold 冬 冰 凛 寒 霜 crisp winter xmas 清冷 银 月 cyan 透 凉": Recipe(warmth=-0.6, light=0.08),
    "雪 白 皙 瓷 净 lucid 白茶 梨花 牙白 奶油 cream 牛奶 奶 乳": Recipe(
        light=0.3, contrast=-0.15, saturation=-0.12, fade=0.1
    ),
    "蓝 blue 海 sea 湖 浪 水 蔚 深海 洋 泳 岛 港 川 航 盐 泊 潭": Recipe(
        warmth=-0.45, saturation=0.15, shade=(-0.06, 0.0, 0.12)
    ),
    "青 绿 green 森 林 草 野 竹 松 椰 薄荷 叶 leaf wild 木 禾 亭 谷 莫吉托 春 植 荷 苍 田 tropical 园 山": Recipe(
        tint=-0.45, saturation=0.1, shade=(-0.04, 0.05, 0.0), warmth=0.05
    ),
    "粉 pink 樱 桃 peach 莓 甜 少女 芭比 sweet 恋 玫瑰 rose 霞 杏 barbie 心 情人 芋 花": Recipe(
        tint=0.45, light=0.12, glow=(0.07, -0.04, 0.02)
    ),
    "红 red 朱 赤 血 喜 年 福 春节 元宵 鸿 新年 祥 烈 焰 deadpool 生化": Recipe(
        warmth=0.35, tint=0.35, saturation=0.3, shade=(0.08, -0.03, -0.03)
    ),
    "紫 purple 罗兰 薰 violet lavender 葡 魔 幻 梦 dream 迷 梦核": Recipe(
        tint=0.6, warmth=-0.15, shade=(0.05, -0.06, 0.1), fade=0.1
    ),
    "棕 咖 可可 木 褐 布朗 摩卡 胡桃 巧克力 桂 焦 栗 熏 茶 皮 brown 沙 土 漠 砂 陶 原木 荒 西部": Recipe(
        warmth=0.5, saturation=-0.25, shade=(0.05, 0.01, -0.05)
    ),
    "青橙 橙蓝 蓝橙 橙青 teal 好莱坞 hollywood": Recipe(
        contrast=0.2, saturation=0.1, duo=0.85, shade=(-0.06, 0.01, 0.07), glow=(0.08, 0.01, -0.08)
    ),
    "黑金 black&gold blackgold": Recipe(light=-0.35, contrast=0.3, saturation=0.1, gold=1.0),
    "电影 影 cine film movie 大片 史诗 叙 纪实 镜头 anora dune 奥本 敦刻 断背 盗梦 银翼": Recipe(
        contrast=0.25, saturation=-0.05, shade=(-0.06, 0.0, 0.09), glow=(0.08, 0.01, -0.08)
    ),
    "赛博 cyber 霓虹 neon 2077 y3k 未来 电 科幻 party 夜场 俱乐部 disco 派对 演唱会 蒸汽波": Recipe(
        tint=0.4, warmth=-0.3, contrast=0.3, saturation=0.4, shade=(0.02, -0.06, 0.16), glow=(0.12, -0.06, 0.06)
    ),
    "dark 暗 黑 夜 night 幽 魅影 暗影 幻影 哥谭 魅 鬼 寂静 低调 压暗 沉 godfather 吧台 德古拉 王": Recipe(
        light=-0.35, contrast=0.3, saturation=-0.1
    ),
    "复古 vintage retro 怀旧 古早 胶 film 昭和 70s 80s 90s 1980 1998 古 年代 老 港风 宝丽来 拍立得 撕拉 ccd vhs "
    "富士 柯达 "
    "佳能 哈苏 徕卡 理光 gr 尼康 nikon konica 奥林巴斯 宾得 pentax 海鸥 三洋 爱克发 普罗维亚 lofi lo-fi 快照 "
    "相机 iphone "
    "kodak fuji polaroid 时光 旅 街 市 ins ig ixus throwback eos dv g7 g12 pocket 大疆 影石 fxn xt5 1980 160c "
    "400h 800z ke1 ku4 低保真 报纸 照片": Recipe(
        saturation=-0.15, fade=0.35, warmth=0.25, glow=(0.05, 0.03, -0.05), shade=(-0.01, 0.02, 0.02)
    ),
    "鲜 艳 vivid vibran 浓 饱和 增色 彩 活力 多巴胺 明快 绚 缤 果 糖 嘉年华 水果 气泡 summer 夏 宫崎 漫 日漫 "
    "动漫 anime": Recipe(saturation=0.5, contrast=0.15),
    "清晰 清 晰 高清 质感 增强 hd 4k 8k enhance 画质 去灰 去雾 对比 focus 锐 硬 反差 质 修复 提升 原相 专注 "
    "聚焦 crisp": Recipe(contrast=0.35, saturation=0.1),
    "亮 light bright 明 晴 光 曝 shine glow 提亮 日照 晨 朝 曦 晖 辉 曙 拂 通透 空 天 阴天 闪 逆光 炎 晶": Recipe(
        light=0.28, saturation=0.05
    ),
    "肤 肌 颜 脸 妆 skin 气色 润 容 美 人像 白富美 face": Recipe(light=0.15, tint=0.12, contrast=-0.08),
    "柔 soft 梦幻 朦 dreamy 棉 云 温 慕斯 丝 羽 纱 halo 绒 blur 模糊 虚 静": Recipe(
        contrast=-0.3, fade=0.2, light=0.12
    ),
    "日系 japan 日式 京都 奈良 和歌 森山 北海道 日料 山本 东京 涩谷 新宿 伊豆 札幌 韩 ins风 小清新 氧 自然 "
    "nature 原生 "
    "日常 文艺 生活 人文": Recipe(light=0.18, saturation=-0.12, contrast=-0.12, warmth=-0.1, tint=-0.08),
    "城 都 纽约 伦敦 巴黎 米 佛罗 加州 洛 里昂 西 南法 法式 意 威尼 罗马 卡 布 雅 凯 布达佩斯 港历 街头 city "
    "walk 江 都市 迈阿密 比佛利 底特律 拉斯维加斯 马尔代夫 莫奈 杜乐丽 雷诺阿 科切拉 假日 沿途 徒步 隧道 地下铁 "
    "gta kar-wai": Recipe(contrast=0.12, warmth=0.1, saturation=-0.15, shade=(-0.02, 0.01, 0.03)),
    "负片 negative 热显": Recipe(contrast=0.2, tint=-0.3, warmth=-0.4, saturation=0.2),
    "萌 宠 宝贝 可爱 圣诞 礼 铃 万圣 节 南瓜 reindeer wreath 麋鹿 热 燃 日出": Recipe(
        warmth=0.25, light=0.15, saturation=0.1
    ),
    "国风 国潮 唐 宋 江山 书 墨林 风 锦 富春 清明 千里 里 盛世 禅 庙 灯": Recipe(
        saturation=-0.2, fade=0.25, tint=-0.15, warmth=0.1
    ),
    "潮 酷 拽 飒 辣 型 摩登 hip 爵士 嬉 街拍 运动 战士 机 战 男 时尚 中性 丹宁 骄傲 badbunny kendall jennie": Recipe(
        contrast=0.3, saturation=-0.2, light=-0.08
    ),
}
"""By words, separated by spaces."""
RECIPES = {word: recipe for words, recipe in _WORDS.items() for word in words.split()}
NUDGE = 0.12
"""The most that the checksum of a name changes warmth, tint, light and contrast."""


def recipe(name: str) -> Recipe:
    """The recipe of a normalized name: the sum over its words, each within -1..1. A word within a longer one does not
    count.
    """
    words = [word for word in RECIPES if word in name]
    longest = (word for word in words if not any(word in other and word != other for other in words))
    found = dict.fromkeys(RECIPES[word] for word in longest)
    total = sum(found, Recipe())
    seed = crc32(name.encode())
    light, contrast, warmth, tint = (NUDGE * ((seed >> 8 * place) % 256 / 127.5 - 1) for place in range(4))
    return total + Recipe(light=light, contrast=contrast, warmth=warmth, tint=tint)
