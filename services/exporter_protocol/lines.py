"""The lines that an exporter writes, as records that refuse numbers out of range."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from services.errors import Failure

MAX_NUMBER, MAX_COUNT = 10**15, 1e18
"""Largest integers and floats accepted in a line; the database can store them."""
MAX_DIGEST_CHARACTERS = 64
_KEPT_KEY = re.compile(r"[0-9a-f]{64}")
_KEPT_NAME = re.compile(r"[0-9a-f]{64}-[0-9a-f]{32}")


class Stage(StrEnum):
    """The stages of an attempt, in order; exporters report those from PARSING_DRAFT to WRITING_FILE."""

    QUEUED = "QUEUED"
    STARTED = "STARTED"
    PARSING_DRAFT = "PARSING_DRAFT"
    PREPARING = "PREPARING"
    PROCESSING_MATERIALS = "PROCESSING_MATERIALS"
    EXPORTING = "EXPORTING"
    WRITING_FILE = "WRITING_FILE"
    DONE = "DONE"


class Unit(StrEnum):
    """The unit of a stage's `done` and `total`."""

    BYTES = "BYTES"
    FILES = "FILES"
    ITEMS = "ITEMS"
    FRAMES = "FRAMES"


class Step(StrEnum):
    """The steps of a render whose cost is told, in order; DECODE, FILTER and ENCODE are parts of PICTURE."""

    START = "START"
    """The start of the renderer, and its questions to ffmpeg."""
    FETCH = "FETCH"
    READ = "READ"
    PROBE = "PROBE"
    """Of materials: examined, and drawn to stills. Captions are drawn here."""
    COMPOUNDS = "COMPOUNDS"
    PLAN = "PLAN"
    PICTURE = "PICTURE"
    DECODE = "DECODE"
    FILTER = "FILTER"
    ENCODE = "ENCODE"
    SOUND = "SOUND"
    """Made beside the picture."""
    JOIN = "JOIN"
    CONVERT = "CONVERT"
    CHECK = "CHECK"
    THUMBNAIL = "THUMBNAIL"


@dataclass(frozen=True, slots=True)
class AcceptsLine:
    """The keys of the request that the exporter obeys, of those that it may not ignore: see `ExportRequest.demands`."""

    accepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageLine:
    """Progress of a stage: `done` of `total` in `unit`, as far as they are known."""

    stage: Stage
    done: float | None = None
    total: float | None = None
    unit: Unit | None = None

    def __post_init__(self) -> None:
        _check_range(MAX_COUNT, self.done, self.total)


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """The path of the newest preview, a small JPEG in the attempt's folder."""

    preview: str


@dataclass(frozen=True, slots=True)
class StreamLine:
    """The beginning of a stream: the path of its initialization, the frame rate as a fraction, and the video's number
    of frames.
    """

    path: str
    rate: tuple[int, int]
    frames: int

    def __post_init__(self) -> None:
        _check_range(MAX_NUMBER, *self.rate, self.frames)
        if not all(self.rate) or not self.frames:
            raise ValueError("the rate and the number of frames are above 0")


@dataclass(frozen=True, slots=True)
class FragmentLine:
    """A fragment of the stream; they come in order."""

    number: int
    path: str
    frames: int

    def __post_init__(self) -> None:
        _check_range(MAX_NUMBER, self.number, self.frames)


@dataclass(frozen=True, slots=True)
class PartsLine:
    """The parts of a video as (first frame, end frame), an empty one for the sound; the renderer waits for an order."""

    digest: str
    spans: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if len(self.digest) > MAX_DIGEST_CHARACTERS:
            raise ValueError(f"a digest has at most {MAX_DIGEST_CHARACTERS} characters")


@dataclass(frozen=True, slots=True)
class PartLine:
    """A rendered part; the renderer waits for the next order."""

    number: int
    path: str


PartRequest: TypeAlias = PartsLine | PartLine
"""A line that requests an order of the part protocol."""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """The key of a kept file that is not in `keep_dir`; the renderer waits for the answer, with or without the file."""

    wanted: str

    def __post_init__(self) -> None:
        if not _KEPT_KEY.fullmatch(self.wanted):
            raise ValueError("a key is a SHA-256")


@dataclass(frozen=True, slots=True)
class KeptLine:
    """The name of a file in `keep_dir` that was made or used: its key and its checksum."""

    kept: str

    def __post_init__(self) -> None:
        if not _KEPT_NAME.fullmatch(self.kept):
            raise ValueError("a name is a key and a checksum")


@dataclass(frozen=True, slots=True)
class StepCost:
    """The cost of a step of a render: seconds of CPU, with those of ffmpeg, and of the clock, if known."""

    step: Step
    cpu_seconds: float
    wall_seconds: float | None = None

    def __post_init__(self) -> None:
        _check_range(MAX_COUNT, self.cpu_seconds, self.wall_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished video."""

    output: str
    thumbnail: str | None = None
    width: int
    height: int
    duration_us: int
    frames: int
    frame_rate: float
    has_sound: bool
    name: str | None = None
    """The draft's name."""
    timings: tuple[StepCost, ...] | None = None
    """The cost of each step, where the request asks for it."""

    def __post_init__(self) -> None:
        _check_range(MAX_NUMBER, self.width, self.height, self.duration_us, self.frames)
        _check_range(MAX_COUNT, self.frame_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The properties of a draft, as far as it could be read, and the error that a render would end with."""

    width: int | None = None
    height: int | None = None
    duration_us: int | None = None
    frame_rate: float | None = None
    tracks: int | None = None
    segments: int | None = None
    materials: int | None = None
    exact: int | None = None
    """Transitions, animations, effects and filters that are drawn as designed; then those that are not."""
    near: int | None = None
    left_out: int | None = None
    designed_us: int | None = None
    """The time without any that is near or left out."""
    placeholders: tuple[str, ...] | None = None
    """The names of the `{{placeholders}}` in the captions, and of those the ones without a replacement."""
    missing: tuple[str, ...] | None = None
    unknown: tuple[str, ...] | None = None
    """The names of replacements for which the draft has nothing."""
    error: Failure | None = None

    def __post_init__(self) -> None:
        _check_range(MAX_NUMBER, self.width, self.height, self.duration_us, self.tracks, self.segments, self.materials)
        _check_range(MAX_NUMBER, self.exact, self.near, self.left_out, self.designed_us)
        _check_range(MAX_COUNT, self.frame_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFacts:
    """What an output and replacements must fit in a draft: its canvas in pixels, length, and frames a second; the names
    that replacements may give texts, and those that they may give files.
    """

    width: int
    height: int
    duration_us: int
    frame_rate: float
    texts: tuple[str, ...]
    files: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_range(MAX_NUMBER, self.width, self.height, self.duration_us)
        _check_range(MAX_COUNT, self.frame_rate)


def _check_range(most: float, *numbers: float | None) -> None:
    """Raises `ValueError` unless all numbers are finite and in 0..most."""
    if not all(number is None or 0 <= number <= most for number in numbers):
        raise ValueError(f"numbers must be in 0..{most:g}")
