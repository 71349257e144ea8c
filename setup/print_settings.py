"""`python -m setup.print_settings` writes the tables of docs/settings.md and docs/settings.zh.md from `Settings`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.output import STANDARD_OUTPUT
from services.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"
PAGES = (DOCS / "settings.md", DOCS / "settings.zh.md")
_ROWS = re.compile(r"(?:^\| `DRAFTCAST_[A-Z_]+` \|.*\n)+", re.MULTILINE)
_CHINESE = {
    "host": "监听地址",
    "port": "监听端口；0 表示任选一个空闲端口",
    "public_url": "客户端访问本服务的地址，视频地址以它开头；默认 http://HOST:PORT",
    "data_dir": "存放数据库、文件和临时数据的文件夹",
    "database_url": "数据库：postgresql://USER:PASSWORD@HOST/NAME；默认使用 DATA_DIR 下的 SQLite 文件",
    "broadcast_url": "进程之间的广播后端：redis://HOST；数据库是 Postgres 时默认使用 Postgres",
    "files_url": "成品视频的存储：file:///FOLDER 或 s3://BUCKET/PREFIX；默认使用 DATA_DIR 下的文件夹",
    "files_endpoint": "AWS 以外的 S3 服务的地址，https://...",
    "files_region": "S3 服务的区域",
    "files_virtual_host": "把存储桶写进主机名，OSS、COS、TOS 需要",
    "allow_hosts": "允许下载的内网主机：host、host:port 或 CIDR",
    "origins": "另外允许使用 API 的网页来源，如 https://app.example",
    "render_slots": "同时进行的尝试数",
    "exporter": "其他导出程序的命令；默认使用自带的渲染器",
    "ffmpeg": "ffmpeg 的路径，须为 5.1 或更新版本并带 x264；默认使用自带的，没有自带的则用 PATH 中的",
    "require_sandbox": "内核缺少沙箱的任何一部分时，拒绝启动和渲染",
    "default_output": "未指定输出的任务使用的输出，如 `quality=HIGH short_side=720`",
    "ai_label": "写入文件的人工智能生成合成内容标识，用于未指定标识的任务，如 `content_producer=名称 mark=true`",
    "copy_video": "草稿只是在关键帧处剪切同类 H.264 文件时，直接复制已编码的帧",
    "share_seconds": "由所有空闲工作进程分段渲染的视频至少多少秒；0 表示不分段",
    "font_dirs": "优先查找字体的文件夹，用 : 分隔",
    "looks": "存放 `.cube` 文件的文件夹，用 : 分隔；文件按滤镜的 ID 或名称命名，用来绘制该滤镜",
    "watch_port": "draftcast work 提供 /healthz、/readyz 和 /metrics 的端口；0 表示不提供",
    "log_format": "stderr 日志的格式；json 为每行一个对象",
    "rest_envelope": "轮询接口回答的格式：与 capcut-mate 的文档一致，或与其服务一致",
    "open_to_all": "没有密钥时，也允许在他人可访问的地址上提供服务",
    "file_url_seconds": "启用密钥后文件地址的有效时长（秒），向上取整到小时",
    "signing_key": "文件地址和观看令牌的签名密钥，所有服务器须相同；默认在 DATA_DIR 中生成",
    "webhook_secret": "webhook 的签名密钥，形如 whsec_...；默认由 SIGNING_KEY 推导",
    "introspection": "回答对 GraphQL 模式（schema）的内省查询；GraphiQL 需要它",
    "graphiql": "在 /graphiql 提供 GraphiQL",
    "accelerator": "编译普通的 GraphQL 文档，相同的订阅只执行一次；关闭后较慢",
    "max_draft_bytes": "草稿文档的最大字节数",
    "max_material_bytes": "单个素材的最大字节数",
    "max_task_bytes": "一个任务全部素材的最大字节数，也是 POST /drafts 上传草稿的最大字节数",
    "max_video_seconds": "视频的最大秒数",
    "max_pixels": "画布的最大像素数（宽 × 高）",
    "submits_per_minute": "每个密钥或地址每分钟的提交、重试、检查和上传次数；0 表示不限",
    "queries_per_minute": "每个密钥或地址每分钟的请求数，含 websocket 上的操作；0 表示不限",
    "sockets_per_key": "每个密钥或地址同时打开的 websocket、事件流与等待中轮询的总数；0 表示不限",
    "subscriptions_per_socket": "每个 websocket 同时进行的操作数",
    "queued_per_key": "每个密钥排队的任务数；0 表示只受 MAX_QUEUED 限制",
    "keep_drafts_hours": "通过 POST /drafts 上传的草稿保留多少小时",
    "check_seconds": "提交最多为读取草稿等待的秒数（仅当输出范围、尺寸或替换内容取决于草稿时）；0：只在渲染时检查",
    "max_queued": "排队的任务数，超过则拒绝",
    "keep_days": "任务结束多少天后，连同其事件和视频一起删除；0 表示永久保留",
    "stream": "允许在渲染过程中观看视频；分片占用的空间与视频相当，并随视频一起删除",
    "keep_parts_bytes": "工作进程磁盘上保留的已完成视频片段的最大字节数，之后的渲染只绘制有变化的部分；0 表示不保留",
    "dead_after_seconds": "没有心跳多少秒后，工作进程视为死亡，其任务转交其他进程",
    "render_timeout_seconds": "单次尝试的最长秒数",
}
"""The meaning of each setting in Chinese; the English one is its description in `Settings`."""


def printed(page: Path) -> str:
    """The page with its table as `Settings` has it. Raises `KeyError` for a setting without Chinese text."""
    rows = "".join(_rows(chinese=page.name.endswith(".zh.md")))
    return _ROWS.sub(lambda _: rows, page.read_text(encoding="utf-8"), count=1)


def _rows(*, chinese: bool) -> Iterator[str]:
    schema = Settings.model_json_schema()["properties"]
    for name, field in Settings.model_fields.items():
        meaning = _CHINESE[name] if chinese else field.description
        default = "" if field.default in ("", (), None, STANDARD_OUTPUT) else f"`{str(field.default).lower()}`"
        cells = (f"`DRAFTCAST_{name.upper()}`", default, _values(schema[name]), meaning)
        yield "|".join(["", *(f" {cell} " if cell else " " for cell in cells), "\n"])


def _values(schema: dict[str, Any]) -> str:
    """The values that a setting may have, where they are few or bounded: `text`, `json`, or 0..65535."""
    kind = schema.get("type")
    if kind == "integer":
        return f"{schema['minimum']}..{schema['maximum']}" if "maximum" in schema else f"≥ {schema['minimum']}"
    choices = ("true", "false") if kind == "boolean" else schema.get("enum", ())
    return ", ".join(f"`{choice}`" for choice in choices)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(printed(path), encoding="utf-8")
