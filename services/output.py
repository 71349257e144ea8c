"""The output of a task: which file is made of a draft. Pure; needs nothing but the standard library."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from services.ai_label import AiLabel, label_of, label_rules
from services.errors import Bilingual, InvalidInput

SMALLEST_SIDE_PX, LARGEST_SIDE_PX = 64, 4320
SMALLEST_SCALE, LARGEST_SCALE = 0.05, 4.0
SLOWEST_RATE, FASTEST_RATE = 1.0, 120.0
LONGEST_MS = 24 * 3600 * 1000


class OutputFormat(StrEnum):
    """The format of the file."""

    MP4 = "MP4"
    """H.264 and AAC."""
    MP4_HEVC = "MP4_HEVC"
    MP4_AV1 = "MP4_AV1"
    WEBM_ALPHA = "WEBM_ALPHA"
    """VP9 and Opus on a transparent background."""
    PRORES_4444 = "PRORES_4444"
    """ProRes 4444 and PCM in QuickTime on a transparent background."""
    M4A = "M4A"
    """The sound alone."""
    GIF = "GIF"
    WEBP = "WEBP"
    """An animated WebP."""
    JPEG = "JPEG"
    """One frame: that of `start_ms`."""
    CONTACT_SHEET = "CONTACT_SHEET"
    """A JPEG with twelve frames, evenly spaced."""


class Quality(StrEnum):
    """The quality of encoding against its speed."""

    DRAFT = "DRAFT"
    """Half of the canvas's size and of the frame rate unless they are given; the fastest decoding and encoding."""
    STANDARD = "STANDARD"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class FileType:
    """The file name's ending and the media type of a format."""

    ending: str
    media_type: str


FILE_TYPES: Mapping[OutputFormat, FileType] = {
    OutputFormat.MP4: FileType(".mp4", "video/mp4"),
    OutputFormat.MP4_HEVC: FileType(".mp4", "video/mp4"),
    OutputFormat.MP4_AV1: FileType(".mp4", "video/mp4"),
    OutputFormat.WEBM_ALPHA: FileType(".webm", "video/webm"),
    OutputFormat.PRORES_4444: FileType(".mov", "video/quicktime"),
    OutputFormat.M4A: FileType(".m4a", "audio/mp4"),
    OutputFormat.GIF: FileType(".gif", "image/gif"),
    OutputFormat.WEBP: FileType(".webp", "image/webp"),
    OutputFormat.JPEG: FileType(".jpg", "image/jpeg"),
    OutputFormat.CONTACT_SHEET: FileType(".jpg", "image/jpeg"),
}
CLEAR = frozenset((OutputFormat.WEBM_ALPHA, OutputFormat.PRORES_4444))
"""Formats with a transparent background."""
STREAMED = frozenset((OutputFormat.MP4,))
"""Formats that can be watched while they are rendered: browsers play H.264 in fragments."""
PICTURES = frozenset((OutputFormat.JPEG, OutputFormat.CONTACT_SHEET))
SILENT = PICTURES | {OutputFormat.GIF, OutputFormat.WEBP}
"""Formats without sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The requested file. The default is the whole draft as an MP4 in the canvas's size and frame rate."""

    format: OutputFormat = OutputFormat.MP4
    quality: Quality = Quality.STANDARD
    short_side: int | None = None
    """Of the picture, in pixels; the other side follows the canvas."""
    scale: float | None = None
    """The picture's size as a factor of the canvas's; not together with `short_side`."""
    frame_rate: float | None = None
    """Frames a second."""
    start_ms: int = 0
    end_ms: int | None = None
    """The range of the draft, in ms; None is the draft's end."""
    sound: bool = True
    ai_label: AiLabel | None = None
    """The label of AI-generated content to write."""

    @property
    def ending(self) -> str:
        """The file name's ending."""
        return FILE_TYPES[self.format].ending

    @property
    def key(self) -> str:
        """A short name, equal for equal outputs; empty for the default."""
        values = self.to_json()
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32] if values else ""

    def to_json(self) -> dict[str, Any]:
        """The fields that differ from the default."""
        values = ((field, getattr(self, field.name)) for field in fields(self))
        changed = {field.name: value for field, value in values if value != field.default}
        return changed | ({"ai_label": self.ai_label.to_json()} if self.ai_label else {})


STANDARD_OUTPUT = Output()


def labelled(output: Output, label: AiLabel | None) -> Output:
    """The output, with `label` where it has none; M4A has no picture to mark."""
    if label is None or output.ai_label is not None:
        return output
    return replace(output, ai_label=replace(label, mark=label.mark and output.format is not OutputFormat.M4A))


def output_of(values: Mapping[str, Any] | None) -> Output:
    """The output of `to_json`'s fields. Raises TypeError and ValueError for others."""
    given = {name: value for name, value in (values or {}).items() if value is not None}
    if "format" in given:
        given["format"] = OutputFormat(given["format"])
    if "quality" in given:
        given["quality"] = Quality(given["quality"])
    if "ai_label" in given:
        given["ai_label"] = label_of(given["ai_label"])
    return Output(**given)


def check_output(output: Output) -> None:
    """Raises `InvalidInput` that names the first invalid field."""
    for name, wrong, en, zh in _rules(output):
        if wrong:
            raise InvalidInput(Bilingual(f"{name} {en}.", f"{name} {zh}。"), path=("output", *name.split(".")))


def _rules(output: Output) -> Iterator[tuple[str, bool, str, str]]:
    """(field, whether it is invalid, and the rule in both languages)."""
    side, scale, rate = output.short_side, output.scale, output.frame_rate
    yield (
        "shortSide",
        side is not None and not SMALLEST_SIDE_PX <= side <= LARGEST_SIDE_PX,
        f"must be {SMALLEST_SIDE_PX} to {LARGEST_SIDE_PX} pixels",
        f"须为 {SMALLEST_SIDE_PX} 到 {LARGEST_SIDE_PX} 像素",
    )
    yield (
        "scale",
        scale is not None and (side is not None or not SMALLEST_SCALE <= scale <= LARGEST_SCALE),
        f"must be {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}, and not together with shortSide",
        f"须在 {SMALLEST_SCALE:g} 到 {LARGEST_SCALE:g} 之间，且不能与 shortSide 同时给出",
    )
    yield (
        "frameRate",
        rate is not None and not SLOWEST_RATE <= rate <= FASTEST_RATE,
        f"must be {SLOWEST_RATE:g} to {FASTEST_RATE:g} frames a second",
        f"须为每秒 {SLOWEST_RATE:g} 到 {FASTEST_RATE:g} 帧",
    )
    yield (
        "startMs",
        not 0 <= output.start_ms <= LONGEST_MS,
        f"must be 0 to {LONGEST_MS} milliseconds",
        f"须为 0 到 {LONGEST_MS} 毫秒",
    )
    yield (
        "endMs",
        output.end_ms is not None and not output.start_ms < output.end_ms <= LONGEST_MS,
        "must be later than startMs, and at most a day",
        "须晚于 startMs，且不超过一天",
    )
    yield (
        "sound",
        not output.sound and output.format is OutputFormat.M4A,
        "cannot be false for M4A, which is nothing but sound",
        "不能为 false：M4A 只有声音",
    )
    if output.ai_label is not None:
        for name, wrong, en, zh in label_rules(output.ai_label):
            yield f"aiLabel.{name}", wrong, en, zh
        yield (
            "aiLabel.mark",
            output.ai_label.mark and output.format is OutputFormat.M4A,
            "cannot be true for M4A, which has no picture; leave it out, or choose another format",
            "不能用于 M4A：它没有画面；请去掉该项或选择其他格式",
        )
