"""The families of blend modes, masks, effects, filters and adjustments."""

from services.drafts.design import BlendMode as B
from services.drafts.design import EffectKind as E
from services.drafts.design import MaskKind as M
from services.drafts.families.lookup import families
from services.drafts.families.recipes import RECIPES

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
    (E.CLEARING, "变清晰 模糊变清晰", "变清晰 渐清晰"),
    (E.RIPPLE, "水波纹 波纹 涟漪 ripple", "水波 波纹 涟漪 荡漾 ripple 水光 水纹"),
    (E.BARS, "电影氛围", "电影氛围"),
    (E.SWAY, "节奏摇摆", "摇摆"),
    (E.FRAME, "", "边框"),
    (E.EDGES, "", "edgeglow 描边发光 边缘发光"),
    (E.LIGHT, "", "彩虹 rainbow"),
    (E.DUOTONE, "", "夜视 nightvision"),
    (
        E.CURTAIN,
        "开幕",
        "开幕 闭幕 幕布 卷轴 打开 开机 关机 关闭 开门 弹窗 登场 片头 全剧终 入场 渐显 渐隐 开场 揭示 渐黑 intro 现身",
    ),
    (
        E.GHOST,
        "心跳 灵魂出窍 heartbeat",
        (
            "心跳 灵魂 出窍 脉搏 脉冲 跳动 冲击波 节拍 beat 鬼 幽 pulse 律动 怦 "
            "回声 动感光波 "
            "ghost 悸 冲击 必杀 魂 蹦迪 节奏 舞 震波 呼吸"
        ),
    ),
    (
        E.SPOTLIGHT,
        "聚光灯 spotlight",
        "聚光 手电 spotlight 射灯 猫眼 望远镜 监控视 灯照 黑色聚焦 探灯 舞台 秀场 车窗 显微镜",
    ),
    (
        E.SPLIT,
        "四屏 分屏",
        (
            "两屏 三屏 四屏 六屏 九屏 多屏 分屏 分割 宫格 三格 多格 四分 三重 三部 三图 两张 "
            "五图 九宫 多图 多机位 "
            "重复复制 克隆 复制 拼贴 拼图 九克隆 面板 split 倍增 堆叠 36倍 层次 三层 三段 华容道 拼盘 合集 跑马灯"
        ),
    ),
    (E.KALEIDOSCOPE, "万花筒 kaleidoscope", "万花筒 繁花 棱镜 万向镜像 环绕 kaleidoscope 隧道 水波倒影 双面 魔方 立方"),
    (E.RAIN, "下雨 rain", "雨 瀑布 waterfall 水滴 流星 泪 rain 珠滴 滴 dripping"),
    (
        E.SNOW,
        "雪花 下雪 snow",
        "雪 冬 snow 羽毛 棉 白鸽 冰霜 圣诞 xmas 羽 蒲公英 尘光 飘落 粒子 光斑 散景 萤 飞舞 bling 霜 冰",
    ),
    (E.BUBBLES, "泡泡 气泡 bubbles", "泡 气球 bubble 水下 鱼 球 糖 月亮 孔明灯 甜甜圈 护目 波点 珠"),
    (E.SCANLINES, "", "百叶窗"),
    (
        E.PETALS,
        "花瓣飘落 petals",
        (
            "花瓣 樱花 落樱 枫叶 落叶 叶 银杏 蝴蝶 蝶 butterfly 玫瑰 花花 花朵 羽 彩带 "
            "纸屑 彩片 碎片 彩屑 蝙蝠 "
            "乌鸦 春 秋 五彩缤纷 缤纷 花卉 塑料花"
        ),
    ),
    (
        E.HEARTS,
        "爱心气泡 hearts",
        (
            "爱心 心形 小心 心磁 love 心河 告白 喜欢 吻 情人 heart 甜心 恋 点赞 赞 "
            "少女心 心心 心花 真爱 红包 祝福 "
            "财 金币 元宝 发财 福 贺岁 拜年 兔 emoji 表情 彩头 好评 日进"
        ),
    ),
    (
        E.STARS,
        "星光 星星闪烁 stars",
        (
            "星 闪闪 闪粉 金粉 kira 细闪 亮片 钻 烟花 烟火 花火 火花 仙女 仙尘 魔法 "
            "闪耀 闪亮 彩钻 碎闪 金片 精灵 "
            "sparkle spark 礼花 diamond 银河 珠光 梦幻 童话 微光 撒 闪烁 爆竹 新年 金色 庆祝 生日 派对 new 假日 夺冠"
        ),
    ),
    (
        E.GLITCH,
        "故障 轻微故障 色差 rgb glitch rgbsplit rgbglitch chromatic 色差故障",
        (
            "故障 色差 色散 glitch chromatic rgb 信号 干扰 错误 失真 毛刺 赛博 损坏 乱码 花屏 x-signal 电音 致幻 "
            "迷幻 代码 矩阵 黑入 "
            "无法修复 不对劲 不和谐 数据 错位 噪片 边缘加色 频率"
        ),
    ),
    (
        E.MOSAIC,
        "马赛克 像素 像素化 像素画 低像素 mosaic pixel pixelate pixelize",
        "马赛克 像素 mosaic pixel 十字绣 ps2 游戏 低画质",
    ),
    _VIGNETTE,
    _GRAIN,
    (E.NEGATIVE, "负片 negative", "负片 反转片 负相 负向 负面 x光 负变 负闪 负 反色 高饱和负 negative invert"),
    (
        E.EDGES,
        "描边 线描 素描",
        (
            "描边 线描 素描 轮廓 边缘 霓虹 线框 荧光 粉笔 铅笔 手绘 线条 涂鸦 neon 折痕 "
            "蜡笔 涂绘 撕纸 剪纸 graffiti 剪影 "
            "彩边 白色裂痕 裂 破碎 电光 闪电 雷 thunder lightning 激光"
        ),
    ),
    (
        E.POSTER,
        "油画 卡通 漫画",
        (
            "油画 卡通 漫画 水彩 彩绘 波普 美漫 丝印 半色调 半调 海报 影印 版画 渲染 贴纸 "
            "印 水墨 浮雕 画布 梵高 织布 纹理 格纹 "
            "纸质 牛皮纸 金属 街机 二次元 布艺 艺术"
        ),
    ),
    (
        E.LENS,
        "鱼眼 fisheye",
        (
            "鱼眼 透镜 放大镜 哈哈镜 广角 畸变 凸 膨胀 镜头 fisheye 扭曲 "
            "波浪 漩涡 扭动 液 玻璃 "
            "弯曲 twist 流体 磁 蛇形 旋焦 扭 360 空间 立体 3d 旋转 spin 镜 旋 卷 陀螺 翻转"
        ),
    ),
    (
        E.SHAKE,
        "抖动 轻微抖动 震动 摇晃 晃动 颤抖 shake camerashake jitter",
        "抖 震 摇晃 晃 颤 shake shaky 猛 荡秋千 惊 恐 卡顿 抽帧 连拍 混乱 眩晕 弹跳 弹",
    ),
    (
        E.FLASH,
        "闪光 闪光灯 闪白 闪黑 闪屏 频闪 爆闪 闪动 快闪 flash strobe whiteflash flashlight",
        "闪 频闪 爆闪 strobe flash 迪斯科 disco 曝光 快门 炫光 拍照 抓拍 咔嚓 snapshot 快照 蹦 dazzle 爆炸 炸 白渐显",
    ),
    (
        E.ZOOM,
        "放大 轻微放大 渐渐放大 变焦 推近 缩放 推镜 zoom zoomin zoomlens",
        (
            "放大 变焦 推近 推镜 缩放 推拉 zoom 推 拉镜 拉远 特写 缩小 聚焦 focus dolly 对焦 close 冲屏 飞近 穿越 "
            "拉近 推进 fly 冲刺 前进"
        ),
    ),
    (
        E.SWAY,
        "跟随运镜 丝滑运镜 摇晃运镜 摇摆",
        (
            "运镜 跟随 摇摆 摇 摆 swing 漂移 漂浮 浮 滑动 滑 手持 动感 "
            "移动 camera sway move 跟 track 平移 慢动作 缓慢 "
            "飘 梦回 流动 秋千 跷 移轴 走位 滚动 俄罗斯 抛 甩 拖"
        ),
    ),
    (E.MIRROR, "镜像 镜像对称 对称 mirror symmetry", "镜像 mirror 对称 倒影"),
    (
        E.GLOW,
        "柔光 辉光 glow",
        (
            "柔光 辉光 发光 泛光 梦境 梦 朦胧 光晕 光环 glow 天使 halo 美颜 空灵 迷雾 雾 仙 "
            "dreamy 天堂 魅力 氛围 柔和 hdr 盛世 烟 云 "
            "蒸汽 幻境 月 夜景 红晕 迷离 浪漫"
        ),
    ),
    (
        E.DOUBLE,
        "重影 double",
        "重影 残影 拖影 幻影 叠影 幻觉 慢门 拖尾 双重 分身 重叠 双层 层叠 影 分离 叠 隐形 迷醉 恍惚 醉 催眠 幻 双 step",
    ),
    (
        E.BLUR,
        "模糊 高斯模糊 全屏模糊 虚化 失焦 blur gaussianblur defocus outoffocus",
        "模糊 虚化 失焦 毛玻璃 blur defocus 散光 长虹 磨砂 虚焦 近视 散",
    ),
    (
        E.SCANLINES,
        "电视纹理 扫描线",
        (
            "电视 录像 dv vhs vcr 监控 屏幕 扫描 荧幕 信号 电脑 显示器 betamax 隔行 "
            "betacam tv 录屏 纪录 磁带 ktv 全息 条纹 "
            "横纹 百叶窗 窗格 栅格 line 80s 70s 90s 1998 综艺 电子 未来 科技 vx1000 低保真 scan y2k sci-fi 蓝屏 夜视 "
            "复古弹窗 卡带"
        ),
    ),
    _BLACK_WHITE,
    (
        E.FRAME,
        "边框 frame",
        (
            "边框 框 frame 相机 界面 播放 取景 手机 拍立得 卡片 相片 相纸 相册 照片 窗 封面 "
            "海报 杂志 报纸 邮票 名片 唱片 画幅 cd dvd 手帐 "
            "日记 微信 ins 光标 鼠标 文件 浏览 搜索 弹幕 字幕 文字 倒计时 倒数 菜单 通知 卡 预览 书信 mv 手写 祝 ad "
            "player 明信片 宝丽来 包裹 标 包装"
        ),
    ),
    _VINTAGE,
    (
        E.LIGHT,
        "漏光 lightleak",
        (
            "漏光 光 阳 日落 夕阳 晴 彩虹 彩 丁达尔 light 极光 射线 sun 光线 炫 斑斓 rays "
            "火 焰 fire flame 燃 热 暖 烧 爆 耀 曦 金 夏 黄昏 暮 "
            "lens 斑 灯 焕 shine halo 酒"
        ),
    ),
    (E.BARS, "电影感画幅 遮幅", "电影 黑框 遮幅 画幅 遮幕 大片 黑边 cinema 导演 剧场 好莱坞 剧"),
    (
        E.DUOTONE,
        "单色",
        "单色 单彩 色调 紫 红 蓝 绿 橙 粉 黄 青 渐变色 变色 双色 色彩 色 天空 暗 黑 白 深 夜 blue red green 血 魔 毒",
    ),
    (E.SHARPEN, "锐化", "锐化 清晰 4k hdr 高清 画质 清 hd 超清 自然 细节"),
    (E.WARM, "暖色 暖调 warm", "暖色 暖调 warm"),
    (E.COOL, "冷色 冷调 cool cold", "冷色 冷调 冷"),
    (E.FADED, "褪色", "褪色 脱色 旧 老 岁月 年代 凄凉 怀 古 low 相"),
)
"""Families of scene effects."""
FILTERS = families(
    "filters",
    (_BLACK_WHITE[0], _BLACK_WHITE[1], ""),
    (E.WARM, "暖色 暖调 暖黄 暖阳 高清暖调 warm warmth warmtone", ""),
    (E.COOL, "冷色 冷调 冷白 冷蓝 冷透 清冷 cool cold coolness cooltone", ""),
    (E.FADED, "褪色 faded fade 低饱和 淡彩 素净", ""),
    (_VINTAGE[0], _VINTAGE[1], ""),
    (E.VIVID, "鲜艳 鲜亮 鲜明 高饱和 增色 浓郁增色 鲜艳增色 自然增色 vivid vibrant vivacity saturated", ""),
    _VIGNETTE,
    _GRAIN,
    (E.LOOK, "", " ".join(RECIPES)),
)
"""Families of filters: those of a plain name, and recipes by the words of any other."""
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
    "black": E.BLACK,
    "white": E.WHITE,
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
    "clear": E.SHARPEN,
    "clarity": E.SHARPEN,
    "vibrance": E.SATURATION,
}
"""Adjustments drawn as the nearest other one."""
