"""A draft report as a table or a JSON object."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pydantic.alias_generators import to_camel
from rich.table import Table
from rich.text import Text

from draftcast.cli.terminal import printable, spoken
from services.errors import Bilingual, DraftWarning, Failure
from services.exporter_protocol.lines import Report
from services.tasks.report import DraftReport

_TRACKS = {
    "video": Bilingual("video track", "视频轨道"),
    "audio": Bilingual("audio track", "音频轨道"),
    "text": Bilingual("text track", "文本轨道"),
    "sticker": Bilingual("sticker track", "贴纸轨道"),
    "effect": Bilingual("effect track", "特效轨道"),
}
"""The kinds of tracks, as `DraftWarning.track` names them."""


def report_table(report: DraftReport) -> Table:
    """A table of a draft report."""
    found = report.found
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(_label("draft", "草稿"), printable(report.draft_url))
    answer = Text(_label("yes", "可以"), "green") if report.renderable else Text(_label("no", "不可以"), "bold red")
    table.add_row(_label("renderable", "渲染"), answer)
    for label, text in _facts(found):
        table.add_row(label, text)
    names = (
        (_label("placeholders", "占位符"), found.placeholders),
        (_label("without text", "缺少文字"), found.missing),
    )
    for label, each in names:
        if each:
            table.add_row(label, printable(", ".join(each)))
    for warning in report.warnings:
        table.add_row(Text(warning.code, "yellow"), _about_warning(warning))
    if found.error is not None:
        message, hint = found.error.message, found.error.hint
        told = _label(f"{message.en} {hint.en}", f"{message.zh}{hint.zh}")
        table.add_row(Text(found.error.code, "bold red"), printable(told))
    return table


def _label(en: str, zh: str) -> str:
    return spoken(Bilingual(en, zh))


def _facts(found: Report) -> Iterator[tuple[str, str]]:
    """The known facts about a draft: label and text."""
    if found.width is None or found.duration_us is None:
        return
    seconds, rate = found.duration_us / 1e6, f"{found.frame_rate:.5g}"
    size = f"{found.width}x{found.height}, "
    yield (
        _label("video", "视频"),
        size + _label(f"{seconds:.1f} s, {rate} frames a second", f"{seconds:.1f} 秒，每秒 {rate} 帧"),
    )
    counts = ((found.tracks, "track"), (found.segments, "segment"), (found.materials, "material"))
    yield (
        _label("holds", "内容"),
        _label(
            ", ".join(_many(*each) for each in counts),
            f"{found.tracks} 条轨道，{found.segments} 个片段，{found.materials} 个素材",
        ),
    )
    if found.designed_us is not None:
        designed = found.designed_us / 1e6
        yield (
            _label("drawn", "还原"),
            _label(
                f"{designed:.1f} of {seconds:.1f} s as designed: "
                f"{found.exact} exact, {found.near} near, {found.left_out} left out",
                f"{seconds:.1f} 秒中有 {designed:.1f} 秒与设计一致：{found.exact} 个一致，{found.near} 个近似，"
                f"{found.left_out} 个未绘制",
            ),
        )


def _many(count: int | None, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _about_warning(warning: DraftWarning) -> Text:
    place = place_of(warning.start_us, warning.end_us, warning.track)
    named = [
        (_label("material", "素材"), warning.material_name),
        (_label("effect", "特效"), warning.effect_id),
        (_label("segment", "片段"), None if place else warning.segment_id),
    ]
    places = ", ".join([*([place] if place else []), *(f"{what} {name}" for what, name in named if name)])
    return Text.assemble(printable(spoken(warning.message)), printable(f" ({places})" if places else "", "dim"))


def place_of(start_us: float | None, end_us: float | None, track: str | None) -> str:
    """A place on the timeline as text, such as `text track 2, 0:12.5-0:15.0`; empty where it is not known."""
    if start_us is None or end_us is None or track is None:
        return ""
    kind, _, number = track.partition(" ")
    name = f"{spoken(_TRACKS[kind])} {number}" if kind in _TRACKS else track
    return f"{name}, {_clock(start_us)}-{_clock(end_us)}"


def _clock(us: float) -> str:
    minutes, tenths = divmod(round(us / 100_000), 600)
    return f"{minutes}:{tenths // 10:02}.{tenths % 10}"


def report_object(report: DraftReport) -> dict[str, Any]:
    """The API's `DraftReport` as a JSON object, with messages in English."""
    found = report.found
    return {
        "draftUrl": report.draft_url,
        "renderable": report.renderable,
        "width": found.width,
        "height": found.height,
        "durationSeconds": None if found.duration_us is None else found.duration_us / 1e6,
        "frameRate": found.frame_rate,
        "tracks": found.tracks,
        "segments": found.segments,
        "materials": found.materials,
        "exactLooks": found.exact,
        "nearLooks": found.near,
        "leftOutLooks": found.left_out,
        "designedSeconds": None if found.designed_us is None else found.designed_us / 1e6,
        "placeholders": list(found.placeholders or ()),
        "missingPlaceholders": list(found.missing or ()),
        "unknownReplacements": list(found.unknown or ()),
        "warnings": [_warning_object(warning) for warning in report.warnings],
        "error": _error_object(found.error, report.stage) if found.error else None,
    }


def _error_object(failure: Failure, stage: str) -> dict[str, Any]:
    return _api_names(failure, message=failure.message.en, hint=failure.hint.en, stage=stage)


def _warning_object(warning: DraftWarning) -> dict[str, Any]:
    made = _api_names(warning, message=warning.message.en)
    for name in ("start", "end"):
        us = made.pop(f"{name}Us")
        made[f"{name}Seconds"] = None if us is None else us / 1e6
    return made


def _api_names(record: DraftWarning | Failure, **texts: str) -> dict[str, Any]:
    """The record's fields by their names in the API, with these texts in place of those in two languages."""
    return {to_camel(name): value for name, value in {**asdict(record), **texts}.items()}
