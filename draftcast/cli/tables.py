"""Tables on a terminal: tasks, fonts and findings."""

import shlex
from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from draftcast.cli.terminal import printable, spoken
from services.errors import Bilingual
from services.exporter_protocol.lines import Step, StepCost
from services.render.text.open_fonts import names_of

if TYPE_CHECKING:
    from draftcast.cli.doctor import Finding
    from services.fonts.needs import NeededFont
    from services.render.text.open_font import OpenFont

from draftcast.cli.progress import duration, milliseconds, words

_STEPS = {
    Step.START: Bilingual("start", "启动"),
    Step.FETCH: Bilingual("fetch", "下载"),
    Step.READ: Bilingual("read", "解析"),
    Step.PROBE: Bilingual("probe", "检查素材"),
    Step.COMPOUNDS: Bilingual("compounds", "复合片段"),
    Step.PLAN: Bilingual("plan", "排布"),
    Step.PICTURE: Bilingual("picture", "画面"),
    Step.DECODE: Bilingual("- decode", "- 解码"),
    Step.FILTER: Bilingual("- filter", "- 滤镜"),
    Step.ENCODE: Bilingual("- encode", "- 编码"),
    Step.SOUND: Bilingual("sound", "声音"),
    Step.JOIN: Bilingual("join", "合并"),
    Step.CONVERT: Bilingual("convert", "转换"),
    Step.CHECK: Bilingual("check", "校验"),
    Step.THUMBNAIL: Bilingual("thumbnail", "缩略图"),
}
_FONT_STYLES = {"here": "green", "open": "yellow", "missing": "red"}
_STYLES = {"PROCESSING": "cyan", "COMPLETED": "green", "FAILED": "bold red", "CANCELED": "dim"}
ID_DIGITS = 12
"""Digits of an id that a brief table shows; every command accepts them."""


def tasks_table(tasks: Sequence[dict[str, Any]], now_ms: int, *, brief: bool = False) -> Table:
    """A table of tasks of the API. A `brief` one fits 80 columns, with beginnings of ids and the names of drafts."""
    header = spoken(Bilingual("task state age draft", "任务 状态 已过 草稿")).split()
    table = Table(*header, box=None, header_style="bold")
    for task in tasks:
        table.add_row(
            task["id"][:ID_DIGITS] if brief else task["id"],
            Text(_state(task), _STYLES.get(task["status"], "")),
            duration((now_ms - milliseconds(task["createdAt"])) / 1000),
            printable(draft_name(task["draftUrl"]) if brief else task["draftUrl"]),
        )
    for column in table.columns[:-1]:
        column.no_wrap = True
    return table


def _state(task: dict[str, Any]) -> str:
    """The status of a task: an ended one's with the error's code, a running one's as its stage and percentage."""
    if task["status"] == "PROCESSING":
        return f"{words(task['stage'])}, {task['progress']} %"
    return task["error"]["code"] if task["error"] else words(task["status"])


def draft_name(url: str) -> str:
    """The short name of a draft: its URL's `name`, its `draft_id`, or the end of its path."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return query.get("name") or query.get("draft_id") or unquote(parts.path.rstrip("/").rpartition("/")[2]) or url


def timings_table(costs: Iterable[StepCost]) -> Table:
    """A table of what the steps of a render cost."""
    step, cpu, wall = spoken(Bilingual("step|CPU s|time s", "步骤|CPU 秒|用时 秒")).split("|")
    table = Table(step, box=None, header_style="bold")
    table.add_column(cpu, justify="right")
    table.add_column(wall, justify="right")
    for cost in costs:
        time_text = "" if cost.wall_seconds is None else f"{cost.wall_seconds:.2f}"
        table.add_row(spoken(_STEPS[cost.step]), f"{cost.cpu_seconds:.2f}", time_text)
    return table


def connections_table(found: Sequence[dict[str, Any]], now_ms: int) -> Table:
    """A table of open connections of the API."""
    header = spoken(
        Bilingual(
            "connection transport owner address age subscriptions waiting", "连接 传输 所有者 地址 已过 订阅 待发"
        )
    )
    table = Table(*header.split(), box=None, header_style="bold")
    for each in found:
        age = duration((now_ms - milliseconds(each["since"])) / 1000)
        facts = (each["owner"] or "-", each["address"], age, str(each["subscriptions"]), str(each["waiting"]))
        table.add_row(each["id"], each["transport"].lower(), *map(printable, facts))
    return table


def findings_table(findings: "Iterable[Finding]") -> Table:
    """A table of the findings of `draftcast doctor`."""
    table = Table(show_header=False, box=None)
    for finding in findings:
        mark = (
            Text("ok", "green") if finding.ok else Text("missing", "red") if finding.needed else Text("note", "yellow")
        )
        table.add_row(mark, finding.name, printable(finding.detail))
    return table


def needed_fonts_table(found: "Iterable[NeededFont]") -> Table:
    """A table of the fonts that a draft names."""
    table = Table("font", "", "drawn in", "to get it", box=None)
    for font in found:
        style = _FONT_STYLES[font.state]
        get = {"here": "", "open": f"draftcast fonts add {shlex.quote(font.name)}", "missing": "supply it"}[font.state]
        alike = f" (looks like it: {font.open_font.family})" if font.open_font and not font.same and get else ""
        table.add_row(printable(font.name), Text(font.state, style), font.drawn_in or "-", printable(get + alike))
    return table


def open_fonts_table(fonts: "Iterable[OpenFont]", here: Container["OpenFont"]) -> Table:
    """A table of the open fonts."""
    table = Table("font", "", "other names", "licence", "to fetch", box=None)
    for font in fonts:
        names = ", ".join(names_of(font))
        table.add_row(font.family, "here" if font in here else "", names, font.licence, decimal(font.size))
    return table
