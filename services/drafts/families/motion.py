"""The families of transitions and animations, by Chinese and English names."""

from services.drafts.design import COVERS
from services.drafts.design import AnimationKind as A
from services.drafts.design import TransitionKind as T
from services.drafts.families.lookup import Families, Match, families

TRANSITIONS = families(
    "transitions",
    (
        T.FADE_BLACK,
        "闪黑 黑场 渐黑 黑场过渡 fadetoblack fadeblack blackfade diptoblack blackflash",
        "闪黑 黑场 toblack 眨眼 断电 熄灭",
    ),
    (
        T.FADE_WHITE,
        "闪白 白场 渐白 fadetowhite fadewhite whitefade diptowhite whiteflash",
        "闪白 泛白 白光 白闪 towhite whiteflash",
    ),
    (
        T.GLITCH,
        "故障 信号故障 色差故障 glitch",
        (
            "故障 信号 错误 glitch 色差 色散 rgb 失真 异常 乱码 干扰 短路 失调 赛博 电视 "
            "tv 像素排序 错位 破坏的文件 全息 错位 位移器 屏蔽 电子 数字 验证码 矩阵 未来 2077"
        ),
    ),
    (T.CURL, "翻页 pageturn pageturning pagecurl", "翻页 翻篇 翻书 pageturn pagecurl pageflip"),
    (T.CLOSER, "叠化拉近", "叠化拉近 放射 穿越 radial"),
    (T.APPROACH, "推镜虚化", "推镜虚化"),
    (T.INHALE, "", "吸入 吸收 inhale suck"),
    (T.ADDED, "", "叠加 additive"),
    (T.CUBE, "cube", "立方 cube cubic 3d空间"),
    (T.SPIN, "", "顺时针旋转 逆时针旋转 clockwise"),
    (T.FLASH, "", "闪光灯 flashlight"),
    (T.FLIP, "", "镜像翻转"),
    (T.INK, "", "墨花 墨 烟雾 云 smoke cloud"),
    (T.DOTS, "", "波点 圆点 网点 半色调"),
    (T.SINE, "淡入淡出", ""),
    (T.EXPOSURE, "泛白", ""),
    (T.MIST, "雾化交叠", ""),
    (T.PANES, "窗格", ""),
    (T.BOUNCE, "弹跳 bounce", ""),
    (T.CUBE, "立方旋转", ""),
    (T.ACROSS, "横移模糊", ""),
    (T.WHITE, "白光快闪", ""),
    (T.BLINDS, "百叶窗 blinds", "百叶 窗格 条形 竖线 横线 线条 条码 栅格 光条 切片 轨滑动 斜线 blind 斜切片"),
    (T.HEART, "爱心 heart", "爱心 心形 心动 心脏 喜欢 爱情 比心 告白 heart 魔法爱心"),
    (
        T.STAR,
        "星星 star",
        "星星 星光 雪花 烟花 花瓣 樱花 玫瑰 花卉 雏菊 圣诞 枫叶 kira 银杏 星级 四叶草 snow 绽放 花 star",
    ),
    (
        T.TEAR,
        "撕纸 tear",
        "撕 碎纸 纸 剥离 折痕 胶带 裂 闪电 破碎 碎片 碎 玻璃 劈 断裂 切割 剪 便利贴 报纸 杂志 tear 蛋壳 光剑 裁 拆解",
    ),
    (T.BURN, "燃烧 burn", "燃烧 火 烈焰 flame fire 灼 余烬 阴燃 熔岩 炸 爆炸 爆裂 炽烈 burn 热浪 热闪 云爆 雪崩 衰退"),
    (
        T.INK,
        "水墨 ink",
        (
            "水墨 墨 烟 云 雾 泼 晕染 液 溶解 侵蚀 融化 粒子 消融 消融 雪 沙 淡出 dissolve 扩散 "
            "气态 渗 湍流 飞溅 染 粉 slosh 液体 喷漆 粉尘 迷幻 幻觉 幻影 重组 dreamy"
        ),
    ),
    (T.CLOCK, "时针 clock", "时针 顺时针 逆时针 风车 雨刷 扇形 钟 沙漏 铃铛 拨盘 雨 时光 clock 扫描仪 光盘"),
    (
        T.SPIRAL,
        "漩涡 swirl",
        "漩涡 螺旋 旋风 催眠 swirl whirl twist 扭曲 扭转 扭动 提丰 鬼转曲 鬼魅 变形 眩晕 虫洞 转曲",
    ),
    (T.NEGATIVE, "负片 negative", "负 反色 反相 底片 反转片 x光 热成像 热感 红外 热捕捉 热 negative thermal"),
    (
        T.STROBE,
        "频闪 爆闪 strobe",
        (
            "频闪 爆闪 闪切 快闪 闪烁 抽帧 快照 快拍 快门 快切 三帧 4帧 屏闪 闪动 闪现 快速切换 闪回 "
            "剪辑 混搭 定格 strobe snapshot 闪拍 一闪"
        ),
    ),
    (T.SHAKE, "抖动 震动 shake", "抖 震 摇 晃 冲击 振 shake shaky jerky bump 颤 嗡 弹动 电流 电光 跳切"),
    (
        T.LEAK,
        "漏光 lightleaks",
        (
            "漏光 光斑 光晕 耀斑 炫光 光影 胶片 胶卷 流光 光束 扫光 光线 阳光 泛光 辉 光感 曝光 光 炫 lumin "
            "leak shimmer glow light dazzle 霓虹 neon 彩虹 日落 耀 焦散 彩 回忆 岁月 放映 film 曲 电影 dirty 脏乱 复古"
        ),
    ),
    (
        T.FISHEYE,
        "鱼眼 fisheye",
        "鱼眼 透镜 放大镜 膨胀 凸起 猫眼 镜头 水滴 气泡 焦点 聚焦 旋焦 光圈 球 望远镜 水晶 折射 fisheye 聚光 对焦 射灯",
    ),
    (
        T.RINGS,
        "波纹 涟漪 ripple",
        "波纹 涟漪 水波 水纹 圆环 环形 冲击波 圆圈 荡漾 声波 ripple 光环 环 多层 同心 甜甜圈",
    ),
    (T.WAVES, "波浪 波动 wave", "波 浪 流动 水 wave 海 潮 液态"),
    (
        T.MIRROR,
        "镜像 万花筒 kaleidoscope mirror",
        "镜像 万花筒 倒影 反影 对称 棱镜 分身 克隆 复制 kaleidoscope mirror 前后对比 叠影 重影 重复 多元 倒置",
    ),
    (T.DOTS, "波点 dots", "波点 半色调 网点 点 泡泡 打孔 圆点 dots 孔 圆角 气球 粒"),
    (T.PIXELIZE, "像素 像素化 马赛克 pixel pixelate pixelize mosaic", "像素 马赛克 pixel mosaic gameboy"),
    (
        T.CELLS,
        "棋盘 checkerboard",
        (
            "棋盘 网格 方块 拼图 瓷砖 魔方 拼贴 方片 方格 格 多屏 四屏 三屏 分屏 俄罗斯方块 矩阵 格子 图块 砖 网 "
            "checker 九 照片 相片 四格 碎块 面板 cube 方框 tile"
        ),
    ),
    (
        T.POLYGON,
        "菱形 六边形 方形",
        "菱 六边形 多边形 三角 方形 矩形 几何 宝石 钻石 方 盒 门 画框 图框 polygon 边框 框 相机 取景 摄像 拍摄 拍立得",
    ),
    (
        T.CIRCLE,
        "圆形 圆形遮罩 圆形扫描 圆形打开 circle iris circleopen circlewipe",
        "圆形 圆盘 圆 circle iris 眼 隧道 传送 o缩放",
    ),
    (
        T.DOORS,
        "分割 开幕 拉开 split",
        (
            "分割 开幕 闭幕 拉开 劈开 中心切开 切开 展开 对折 居中 拉链 分 拉幕 幕 打开 开场 开箱 split open 二分 "
            "切分 对比 comparison 掀 split 中心 拼合 合并"
        ),
    ),
    (T.FLIP, "翻转 flip", "翻转 翻折 翻 flip 折叠 fold 中轴 钱 反转 页 卡 立体 page"),
    (
        T.STRETCH,
        "拉伸 stretch",
        "立方 拉伸 挤压 压缩 拉扯 弹力 弹性 3d 拉丝 拉框 cube cubic stretch 空间 三维 魔方 轮播 squeeze 揉 无缝 压 按",
    ),
    (T.SPIN, "旋转 rotate spin", "旋转 旋 转 rotate spin 陀螺 twirl turn 螺"),
    (
        T.WHIP,
        "甩鞭 whip",
        "甩 鞭 woosh 横移 竖移 高速 极速 超音速 速移 疾驰 快速 冲刺 挥 whip 速 穿梭 火箭 闪移 瞬 瞬间 冲 嗖 列车",
    ),
    (
        T.COVER,
        "下坠 drop",
        (
            "弹跳 下坠 坠 掉落 落下 弹出 弹入 弹框 弹窗 弹 重叠 卡住 投掷 抛 跳 drop bounce 降落 下落 礼 红包 "
            "金币 飞落 礼盒 倒计时 打板"
        ),
    ),
    (
        T.CARD,
        "卡片 card",
        (
            "卡片 卡 明信片 手机 画中画 画廊 相册 幻灯片 窗口 界面 视窗 播放 桌面 屏幕 后台 切屏 应用 传单 照片 "
            "mc 日历 收缩 slide interface slideshow 唱片 音乐 屏 截图 名片"
        ),
    ),
    (
        T.BRUSH,
        "涂抹 brush",
        "画笔 涂 擦 刷 笔 涂鸦 抹 草图 画 描 刮 划 清洗 brush 橡皮 黑板 素描 标记 刷卡 剪影 课本",
    ),
    (
        T.PULL,
        "拉远 推远 缩小 zoomout pullout",
        "拉远 推远 缩小 zoomout pullout 吸入 吸收 吸 shrink 退 收 汇聚 环回",
    ),
    (
        T.ZOOM,
        "推近 放大 缩放 变焦 zoom zoomin pullin",
        "推近 推进 变焦 穿越 放大 缩放 zoom pullin 放射 穿 蓄力 推 扩 目标 定位 爆 无限 绽",
    ),
    (
        T.WIPE_LEFT,
        "向左擦除 左擦除 wipeleft",
        "左擦 向左拉屏 wipeleft",
    ),
    (T.WIPE_RIGHT, "向右擦除 右擦除 擦除 wiperight wipe", "右擦 wiperight"),
    (T.WIPE_UP, "向上擦除 上擦除 wipeup", "上擦 wipeup"),
    (T.WIPE_DOWN, "向下擦除 下擦除 wipedown", "下擦 wipedown"),
    (T.BLUR, "模糊 高斯模糊 blur gaussianblur", "模糊 虚化 blur 朦胧 柔"),
    (T.PUSH, "", "向左上 向右上 向左下 向右下 左上 右上 左下 右下 倾斜 角落 对角 corner 斜"),
    (
        T.SLIDE_LEFT,
        "左移 向左 左滑 向左滑动 左推 向左推 slideleft pushleft moveleft swipeleft left",
        "左移 向左 左滑 左推 slideleft pushleft swipeleft 左",
    ),
    (
        T.SLIDE_RIGHT,
        "右移 向右 右滑 向右滑动 右推 向右推 slideright pushright moveright swiperight right",
        "右移 向右 右滑 右推 slideright pushright swiperight 右",
    ),
    (
        T.SLIDE_UP,
        "上移 向上 上滑 向上滑动 上推 向上推 slideup pushup moveup swipeup up",
        "上移 向上 上滑 上推 slideup pushup swipeup 上升 竖向 纵向 垂直",
    ),
    (
        T.SLIDE_DOWN,
        "下移 向下 下滑 向下滑动 下推 向下推 slidedown pushdown movedown swipedown down",
        "下移 向下 下滑 下推 下拉 slidedown pushdown swipedown 下",
    ),
    (T.SLIDE_LEFT, "滑动 推 推移 slide push", "滑动 slide push swipe 横向 移 切换 滚动 拖 换 滑 流 切 交叉"),
    (T.SWEEP, "", "渐变 擦 遮 线 扫 显现 隐 暗 柔 wipe 擦除 新篇章 揭"),
    (T.FLASH, "", "闪 flash 黑 白 红 蓝 绿 金 紫 色"),
    (
        T.DISSOLVE,
        "叠化 溶解 淡化 交叉溶解 交叉淡化 渐变 dissolve crossdissolve crossfade fade mix",
        "叠化 溶解 叠影 渐隐 渐变 dissolve crossfade fade 叠加 淡 梦 转场",
    ),
)

_MOVES = (
    (
        A.MOVE_LEFT,
        "向左滑动 左滑 左移 向左移动 向左飞入 向左飞出 slideleft moveleft left",
        "向左 左移 左滑 slideleft moveleft flyleft 左 left",
    ),
    (
        A.MOVE_RIGHT,
        "向右滑动 右滑 右移 向右移动 向右飞入 向右飞出 slideright moveright right",
        (
            "向右 右移 右滑 slideright moveright flyright 右 right 横 侧 滑 移 擦 拉 划 拖 火车 过山车 斜 撕 列车 "
            "扫 扯 字幕滚动 弹幕 刷 换 滚入 甩入 甩出 wiping slanted 传送 穿梭 流 飞"
        ),
    ),
    (
        A.MOVE_UP,
        "向上滑动 上滑 上移 向上移动 向上飞入 向上飞出 slideup moveup up",
        "向上 上移 上滑 上升 slideup moveup flyup 上 升 起 站 up 抬 掀 冒 泡 生长 日出 火箭 喷 潜浮 烟",
    ),
    (
        A.MOVE_DOWN,
        "向下滑动 下滑 下移 向下移动 向下飞入 向下飞出 slidedown movedown down",
        (
            "向下 下移 下滑 下降 落下 下落 slidedown movedown flydown 下 落 降 坠 滴 雨 雪 drop down 掉 垂 梯 日落 "
            "躺 花瓣 枫叶 陨 砸 塌 沙 玫瑰 水 散"
        ),
    ),
)
_TYPED = (
    A.TYPEWRITER,
    "打字机 打字 逐字显影 逐字显示 typewriter typing",
    (
        "打字 逐字 卡拉ok typewriter typing 光标 输入 书 手写 雕刻 加字符 随机 错开 排队 文字 字符 字体 描边 镂空 "
        "填充 代码 格式化 强调 数学公式 click 点击 倒数 预览 波浪弹 音符弹"
    ),
)
_BOUNCED = (
    A.BOUNCE,
    "弹入 弹出 弹跳 跳动 轻微跳动 弹簧 弹性伸缩 bounce bouncein bounceout jump pop popup spring",
    (
        "弹入 弹出 弹跳 跳动 回弹 弹性 弹动 弹簧 bounce spring elastic 弹 跳 果冻 碰 撞 顶 跃 悦动 冲 气球 心 脉冲 "
        "悠悠球 糖 兔 音符 jump bumper pop 呐喊 呼 喊 爱 礼 福 叠叠乐 拍 夹心 击 球"
    ),
)
_SHAKEN = (
    A.SHAKE,
    "抖动 轻微抖动 震动 左右抖动 上下抖动 颤抖 晃动 shake vibrate tremble jitter",
    (
        "抖动 震动 颤抖 晃动 抖入 shake shaky vibrat tremble jitter wobble 抖 震 晃 故障 glitch 信号 噪 乱码 电 声 "
        "vhs 嗡 shudder 失真 色差 色散 摇一摇 急 错 频率 分身 重影 哈哈镜 诡异 迷 恐 残酷 激进 克隆 rgb 扭 变形 "
        "形变 扰 鱼眼"
    ),
)
_SWUNG = (
    A.SWING,
    "摇摆 钟摆 雨刷 荡秋千 摇荡 swing pendulum sway",
    (
        "摇摆 钟摆 雨刷 秋千 摇荡 海盗船 swing pendulum sway 摇 摆 荡 浮 漂 波 浪 调皮 尾巴 潮 液 风 酒 便利贴 醒 "
        "钱 wave 弧 悬"
    ),
)
_BLINKED = (
    A.BLINK,
    "闪烁 频闪 闪动 爆闪 闪现 闪屏 blink flicker flash strobe",
    (
        "闪烁 频闪 闪动 爆闪 闪屏 闪入 闪出 blink flicker strobe flash 闪 爆 眨 电视 tv 显示器 倒计 kira 星 霓虹 "
        "荧光 魔法 光 炫 彩 高亮 切 信号 像素 马赛克 负片 2024 2025 tesseract lumin chroma passion 七彩 黑白 红 蓝 "
        "紫 急 音量 扩音 lights light 快门 关机 关闭 无信号 电影 胶卷 录像"
    ),
)
_TURNED = (
    A.ROTATE,
    "旋转 转圈圈 转圈 rotate rotation spin",
    (
        "旋转 旋入 旋出 转圈 陀螺 rotat spin spiral twirl whirl 旋 转 圈 漩涡 环 盘 螺 绕 轮 虫洞 黑洞 隧道 时空 "
        "宇宙 滚 "
        "甩 逆 维 甜甜圈 传送门 迷失 思维 圆 蛇 涡 魔方"
    ),
)
_SPUN = (A.SPIN, "旋入 旋出 rotatein rotateout spinin spinout", "")
_FLIPPED = (
    A.FLIP,
    "镜像翻转 翻转 flip",
    (
        "翻 flip 立体 立方 折 卡 页 书 cubic 3d fold 扇 镜像 反转 x轴 方片 百叶窗 分割 幕 开幕 split 三屏 四屏 分屏 "
        "多屏 九宫 拼图 拼接 条形 "
        "cross 开 方 报纸 相 照片 手机 分区 面板 网格 grid puzzle oblique 封面 四格 三分 屏 组合 门 窗 箱 信封 海报 砖 "
        "边"
    ),
)
_SLIGHT = ((A.SLIGHT_ZOOM_IN, "轻微放大", ""), (A.SLIGHT_ZOOM_OUT, "轻微缩小", ""))
_GROWN = (
    A.ZOOM_IN,
    "放大 动感放大 推近 zoomin enlarge scaleup growin grow",
    (
        "放大 推近 变焦 飞近 弹近 zoomin enlarge scaleup 放 扩 展 近 聚焦 focus 推 缩放 出现 炸 大 zoom 进 聚光 "
        "特写 爆发 入场 唱 集合 聚合 汇聚 并入 拼 组 灯 手电 对焦 穿 扩散 速 水晶 表 out 延伸 点开 幸运 圣诞 mc "
        "加载 变换 睁眼 瞬"
    ),
)
_SHRUNK = (
    A.ZOOM_OUT,
    "缩小 动感缩小 拉远 zoomout shrink scaledown",
    "缩小 拉远 收缩 飞远 弹远 zoomout shrink scaledown 缩 收 吸 远 皱 挤 压 合 碎 破 消 退 离 并出 还原 decom cash",
)
_FADED = (
    A.FADE,
    "渐显 渐隐 淡入 淡出 淡入淡出 溶解 fade fadein fadeout dissolve appear disappear",
    (
        "渐显 渐隐 淡入 淡出 溶解 消散 dissolve fadein fadeout 模糊 blur 晕 墨 烟 雾 融 溶 粒子 粉 辉 显 隐 淡 渐 "
        "fade 透明 褪 水墨 金 火 焰 灼 烧 冰 记忆 回忆 遮 画 影 涂 扭曲 背 夜 蒙层 残 生 尘 golden dust homing meld "
        "月 花 涟漪 暗 光 新 明 颜色 空 镜 玻璃 钻"
    ),
)

_UNCOVERED = (
    (A.WIPE_LEFT, "羽化向左擦开 向左擦除 wipeleft", "向左擦 左擦 wipeleft 向左露出 向左擦开"),
    (A.WIPE_UP, "羽化向上擦开 向上擦除 wipeup", "向上擦 上擦 wipeup 向上露出"),
    (A.WIPE_DOWN, "羽化向下擦开 向下擦除 wipedown", "向下擦 下擦 wipedown 向下露出"),
    (A.WIPE_RIGHT, "羽化向右擦开 向右擦除 擦除 擦开 wiperight wipe", "擦 wipe wiping 露出 斜切 激光雕刻"),
    (A.OPEN, "开幕 闭幕", "开幕 闭幕 拉开 curtain"),
    (A.SPREAD, "", "晕开 圆形 iris"),
    (A.BLUR, "模糊 blur blurin blurout", "模糊 虚化 blur"),
    (A.MOVE_UP, "", "日出 生长"),
    (A.MOVE_DOWN, "", "日落"),
    (A.JOLT, "抖入放大", ""),
)
_CROSSED = (
    (A.SCROLL_UP, "字幕滚动", "字幕滚动"),
    (A.SCROLL_LEFT, "弹幕滚动 小火车ii", "弹幕滚动 弹幕"),
    (A.SCROLL_RIGHT, "小火车iv", ""),
    (A.TRAIN_LEFT, "小火车i 小火车", "小火车"),
    (A.TRAIN_RIGHT, "小火车iii", ""),
    (A.JOLT, "抖入放大", ""),
)

ENTRIES = families(
    "entries",
    *_UNCOVERED, _TYPED, _BOUNCED, _SHAKEN, _SWUNG, _SPUN, _FLIPPED, *_SLIGHT, _TURNED, _GROWN, _SHRUNK, *_MOVES,
    _BLINKED, _FADED
)  # fmt: skip
"""Families of animations at the beginning or end of a segment."""
LOOPS = families(
    "loops",
    *_CROSSED,
    (A.WAVE, "波浪 wave", "波浪 wave"),
    (A.RAINBOW, "彩虹 rainbow", "彩虹 rainbow"),
    _SHAKEN,
    _BOUNCED,
    _SWUNG,
    _BLINKED,
    _FLIPPED,
    _TURNED,
    (
        A.ZOOM_IN,
        "放大缩小 缩放 心跳 呼吸 脉搏跳动 pulse heartbeat zoom breath",
        "心跳 悸动 缩放 呼吸 pulse heartbeat 放大 火焰 情绪",
    ),
    *_SLIGHT,
    _GROWN,
    _SHRUNK,
    *_MOVES,
    (A.FADE, "", "涂鸦 渐变 发光 墨 影像 纹理 粉笔 流光 泛光 纵向 活力"),
    (A.ROTATE, "", "动感"),
)
"""Families of animations over a whole segment, or repeated."""
_ALONE = COVERS | {kind for kind, _, _ in _CROSSED} | {A.RAINBOW}
"""Kinds that are not combined: what uncovers, ways across the whole canvas, colours."""
COMBINED = 3
"""Moves of one animation at most."""
_ALIKE = (
    {A.MOVE_LEFT, A.MOVE_RIGHT, A.MOVE_UP, A.MOVE_DOWN},
    {A.ZOOM_IN, A.ZOOM_OUT, A.SLIGHT_ZOOM_IN, A.SLIGHT_ZOOM_OUT, A.BOUNCE, A.SPIN},
    {A.ROTATE, A.SPIN, A.SWING, A.SHAKE, A.FLIP},
    {A.FADE, A.BLINK, A.TYPEWRITER, A.BLUR},
)
"""Kinds of which an animation has one at most: more would cancel each other."""


def combined(families: Families[A], match: Match[A]) -> tuple[A, ...]:
    """The kinds of an animation, its family's first; of a name that says more, those of its other words too."""
    found = [match.kind]
    if match.kind in _ALONE:
        return (match.kind,)
    for kind in (kind for word, kind in families.words if word in match.name and not match.exact):
        rivals = {kind}.union(*(alike for alike in _ALIKE if kind in alike))
        if not rivals.intersection(found) and len(found) < COMBINED:
            found.append(kind)
    return tuple(found)
