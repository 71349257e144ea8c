"""The help of the command line in Chinese."""

from typing import TYPE_CHECKING

from typer import Context
from typer.core import TyperArgument, TyperOption

from draftcast.cli.output_options import FORMATS

if TYPE_CHECKING:
    from typer.core import TyperCommand, TyperGroup

HELP = {
    "Renders CapCut and JianYing drafts to MP4 files, with live progress.": (
        "把剪映 / CapCut 草稿渲染为 MP4，并实时显示进度。"
    ),
    "Exit codes: 0 done, 1 no video, 2 wrong options, 3 the server does not answer, 4 the server refuses.": (
        "退出码：0 完成，1 没有视频，2 选项有误，3 服务器没有响应，4 服务器拒绝。"
    ),
    "Print the version.": "显示版本。",
    "Install completion for the current shell.": "为当前 shell 安装命令补全。",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "显示当前 shell 的补全脚本，供复制或自行安装。"
    ),
    "Show this message and exit.": "显示帮助。",
    "Without a server": "无需服务器",
    "With a running server": "需要运行中的服务器",
    "For agents": "供智能体使用",
    "The service": "服务",
    "Render a draft without a server.": "不启动服务器，直接渲染草稿。",
    "A draft URL, or a draft's folder, zip or draft_content.json here.": (
        "草稿 URL，或本机上的草稿文件夹、zip、draft_content.json。"
    ),
    "The file to write.": "输出文件。",
    f"The file's format; by default that of OUTPUT's ending: {FORMATS}.": f"文件格式，默认由扩展名决定： {FORMATS}。",
    f"The file's format: {FORMATS}.": f"文件格式： {FORMATS}。",
    "draft, standard or high: draft has half the size and frame rate and is fast, high is large and slow.": (
        "draft、standard 或 high： draft 尺寸和帧率减半， 速度快； high 体积大、速度慢。"
    ),
    "A new text for a placeholder or caption; may be repeated.": "占位符或字幕的新文字， 可重复给出。",
    "A new file for a material; may be repeated.": "素材的新文件；可重复给出。",
    "Replacements as JSON: a list of objects with name, and text or url.": (
        "替换内容的 JSON 文件： 对象列表， 每项含 name，以及 text 或 url。"
    ),
    "The picture's shorter side in pixels.": "画面短边，单位为像素。",
    "The picture's size as a factor of the canvas's.": "画面尺寸相对于画布的倍数。",
    "Frames a second; by default the draft's, half of it for draft quality.": "帧率；默认与草稿相同， draft 画质减半。",
    "Begin here, in seconds.": "从第几秒开始。",
    "End here, in seconds.": "到第几秒结束。",
    "Leave the sound out.": "不含声音。",
    "Label the file as AI-generated (GB 45438-2025), by this service.": (
        "写入 AI 生成内容标识 （GB 45438-2025）， 值为服务提供者。"
    ),
    "With --ai-label: mark the picture in the first three seconds.": "与 --ai-label 一起使用： 前三秒显示标识。",
    "Fail when something cannot be drawn as designed.": "有内容无法按设计绘制时即失败。",
    "Tell what each step costs: CPU and time.": "列出每一步的 CPU 秒数和用时。",
    "Print the exporter's lines as JSON.": "以 JSON 输出导出程序的每一行。",
    "Print the warnings and error that a render would have; exit code 1 when there would be no video.": (
        "列出渲染时会出现的警告和错误；无法得到视频时退出码为 1。"
    ),
    "Print JSON, and errors as JSON on stderr.": "输出 JSON；错误也以 JSON 输出到 stderr。",
    "Check the requirements of a render; exit code 1 when one is missing.": "检查渲染所需的条件；有缺失时退出码为 1。",
    "Submit a draft to a running server; a draft on this machine is sent there first, with its files.": (
        "向运行中的服务器提交草稿；本机上的草稿会先连同素材一起上传。"
    ),
    "The draft's URL, or its folder, zip or draft_content.json here.": (
        "草稿 URL，或本机上的草稿文件夹、zip、draft_content.json。"
    ),
    "Watch it to its end.": "跟踪到结束。",
    "A URL that receives the task's changes of status.": "接收任务状态变化的 URL。",
    "The server's address.": "服务器地址。",
    "that of DRAFTCAST_HOST and DRAFTCAST_PORT": "由 DRAFTCAST_HOST 和 DRAFTCAST_PORT 决定",
    "Watch a task of a running server to its end.": "跟踪服务器上的任务，直到结束。",
    "A task's id or its beginning, or the draft URL that was submitted.": "任务 ID 或其开头，或提交时的草稿 URL。",
    "List the newest tasks of a running server.": "列出服务器上最新的任务。",
    "Only tasks of this status; may be repeated: pending, processing, completed, failed, canceled.": (
        "只列出此状态的任务，可重复使用： pending, processing, completed, failed, canceled。"
    ),
    "How many, the newest first.": "最多列出几个，最新的在前。",
    "Cancel tasks that wait or run.": "取消排队或渲染中的任务。",
    "Put failed or canceled tasks into the queue again.": "让失败或已取消的任务重新排队。",
    "List and end the open connections of a running server.": "列出并断开服务器上打开的连接。",
    "List open websockets, event streams and multipart responses; needs a key with the scope admin.": (
        "列出打开的 websocket、事件流和 multipart 响应； 需要有 admin 权限的密钥。"
    ),
    "How many, those that read slowest first.": "最多列出几个，读取最慢的在前。",
    "End one connection; its client is told not to reconnect.": "断开一个连接，并告知客户端不要重连。",
    "The connection's id.": "连接的 ID。",
    "Serve tools for agents by the Model Context Protocol, on stdin and stdout.": (
        "通过 stdin 和 stdout，以模型上下文协议（MCP）为智能体提供工具。"
    ),
    "the one on this machine; where none runs, it is started": "本机的服务器；尚未运行时自动启动",
    "Serve the API, with a worker in the same process.": "启动 API 服务，并在同一进程中渲染。",
    "Address to listen on.": "监听地址。",
    "Port to listen on.": "监听端口。",
    "Render in this process, too.": "同时在此进程中渲染。",
    "Render tasks of the queue without serving the API; with PostgreSQL on any number of machines.": (
        "只渲染队列中的任务，不提供 API；使用 PostgreSQL 时可在任意多台机器上运行。"
    ),
    "Migrate the database to this release; serve and work do so, too.": (
        "把数据库升级到此版本；serve 和 work 启动时也会自动升级。"
    ),
    "Print the secret that receivers of webhooks check signatures with.": "显示 webhook 接收方验证签名所用的密钥。",
    "Make colour tables of filters from pictures before and after them.": "由加滤镜前后的图片生成滤镜的颜色表。",
    "Write the chart: 4913 colours in 1920x1080. Export it from the app with a filter, as a picture.": (
        "写出色卡：1920x1080，4913 种颜色。在剪映中加上滤镜后导出为图片。"
    ),
    "The PNG to write.": "输出的 PNG 文件。",
    "Make a colour table from a picture before and after a filter, for a folder of DRAFTCAST_LOOKS.": (
        "由加滤镜前后的图片生成颜色表，供 DRAFTCAST_LOOKS 的文件夹使用。"
    ),
    "A picture without the filter: the chart, or another one.": "不带滤镜的图片：色卡或其他图片。",
    "The same picture with the filter.": "带滤镜的同一张图片。",
    "The .cube to write; default AFTER's name.": "输出的 .cube 文件，默认与 AFTER 同名。",
    "List the fonts that a draft needs, and add open ones.": "列出草稿所需的字体，并添加开源字体。",
    "List the fonts that a draft names: those here, the open ones, and those to supply; exit code 1 if one is missing."
    "\n\nWithout a draft: the fonts that can be added.": (
        "列出草稿用到的字体： 已有的、可添加的开源字体、需自备的； 有缺失时退出码为 1。\n\n"
        "不指定草稿时：列出可以添加的字体。"
    ),
    "A draft; without one, all open fonts are listed.": "草稿；不指定时列出全部开源字体。",
    "Fetch open fonts with npm, into the first folder of DRAFTCAST_FONT_DIRS or beside those of set-up.": (
        "用 npm 下载开源字体，放入 DRAFTCAST_FONT_DIRS 的第一个文件夹， 或安装时所带字体的旁边。"
    ),
    "Fonts by the names that drafts use.": "字体名，与草稿中的写法相同。",
    "Create, list, revoke and rotate the keys of the API.": "创建、列出、撤销和更换 API 密钥。",
    "Create a key and print it. It cannot be printed again.": "创建密钥并显示。之后无法再次显示。",
    "The owner of the key: tasks belong to this name.": "密钥的所有者；任务归属于此名称。",
    "Its permissions: submit, read, admin; separated by commas.": "权限： submit、read、admin， 用逗号分隔。",
    "Days until it expires; never by default.": "有效天数；默认永不过期。",
    "Replace a key by a new one with the same scopes, expiry and tasks, and print it.": (
        "换一个新密钥并显示；权限、有效期和任务不变。"
    ),
    "Revoke a key; running servers apply it within seconds.": "撤销密钥；运行中的服务器数秒内生效。",
    "List all keys, without their secrets.": "列出所有密钥，不含密钥内容。",
}
"""The Chinese of each text of the help; tests check that none is absent. Lines break at spaces only: a part without one
must fit the column of an option, 15 characters.
"""
_FRAME = {
    "DEFAULT_STRING": "[默认：{}]",
    "ENVVAR_STRING": "[环境变量：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "错误",
    "RICH_HELP": "用 [blue]'{command_path} {help_option}'[/] 查看帮助。",
}
"""Typer's own words, by the names of its constants."""


def translate(group: "TyperGroup") -> None:
    """Put the help of all commands below a group, and Typer's words around it, into Chinese."""
    from typer import rich_utils

    for name, text in _FRAME.items():
        setattr(rich_utils, name, text)
    _translate(group)


def _translate(command: "TyperCommand | TyperGroup") -> None:
    command.help, command.epilog = _chinese(command.help), _chinese(command.epilog)
    command.short_help = _chinese(command.short_help)
    command.rich_help_panel = _chinese(command.rich_help_panel)
    command.get_help_option(Context(command))  # made at the first request, and kept
    for parameter in command.get_params(Context(command)):
        if isinstance(parameter, TyperOption | TyperArgument):
            parameter.help = _chinese(parameter.help)
            if isinstance(parameter.show_default, str):
                parameter.show_default = _chinese(parameter.show_default) or ""
    for each in getattr(command, "commands", {}).values():
        _translate(each)


def _chinese(text: str | None) -> str | None:
    return None if text is None else HELP.get(text, text)
