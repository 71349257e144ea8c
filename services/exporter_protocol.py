"""The exporter protocol, for both ends: one JSON object on stdin, one JSON object per line on stdout.

`docs/exporter.md` describes it for authors of exporters. The renderer imports this module before everything else, so it
needs nothing but the standard library.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias, cast

from services.errors import DraftcastError, DraftWarning, ErrorCode, Failure, WarningCode, failed
from services.output import STANDARD_OUTPUT, Output, output_of
from services.replacements import Replacements, replacements_of
from services.warning_limit import WarningLimit

LINES_PER_SECOND = 10
"""Maximum rate of progress lines of one stage; its first and last line are always written."""
HEARTBEAT_SECONDS = 10
"""Interval at which a stage without progress repeats its line, as long as work goes on."""
MAX_NUMBER, MAX_COUNT = 10**15, 1e18
"""Largest integers and floats accepted in a line; the database can store them."""
MAX_DIGEST_CHARACTERS = 64
KEEP_FREE_BYTES = 2_000_000_000
"""Bytes of a disk that stay free of kept chunks: with less nothing more is kept, and a worker removes what is."""


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


_ORDER = tuple(Stage)


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


class BadInput(DraftcastError):
    """Stdin does not hold a valid request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLimits:
    """Bounds of one export. The renderer takes the defaults for limits that are 0 or absent."""

    draft_bytes: int = 20_000_000
    material_bytes: int = 2_000_000_000
    """Of one material."""
    task_bytes: int = 8_000_000_000
    """Of all materials together."""
    video_seconds: int = 3600
    pixels: int = 3840 * 2160
    """Of the canvas: width x height."""
    seconds: int = 7200
    """Wall-clock time of the whole export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """The request to an exporter; paths are absolute."""

    task_id: str = ""
    attempt: int = 0
    draft_url: str
    folder: Path
    """The attempt's own folder."""
    output: Path
    """The MP4 to write."""
    strict: bool = False
    """The first warning fails the export with FEATURE_UNSUPPORTED."""
    locale: str = "en"
    allow_hosts: tuple[str, ...] = ()
    own_urls: tuple[str, ...] = ()
    """URLs of the requesting server that may be fetched (see `Guard`)."""
    font_dirs: tuple[Path, ...] = ()
    looks: tuple[Path, ...] = ()
    """Folders with colour tables of filters."""
    copy_video: bool = True
    """Whether coded frames may be copied instead of encoded."""
    ffmpeg: str = ""
    draft_folder: Path | None = None
    """A local draft, used instead of `draft_url`."""
    draft_files: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Local files of that draft, by their paths in the draft."""
    limits: ExportLimits = field(default_factory=ExportLimits)
    keep_dir: Path | None = None
    """The folder of finished chunks that renders of the same owner share; None: nothing is kept."""
    share_seconds: int = 0
    """Duration from which a video is rendered in parts; 0: never."""
    stream: bool = False
    """Write fragments of the video while it is rendered, for watching."""
    require_sandbox: bool = False
    """Fail where the kernel lacks the sandbox's features."""
    helping: bool = False
    """Render or join parts of an attempt that another renderer has begun."""
    report: bool = False
    """Render nothing: report the draft's size, warnings and error."""
    facts: bool = False
    """Only read the draft, and tell its facts."""
    timings: bool = False
    """Tell the cost of each step in the result."""
    options: Output = STANDARD_OUTPUT
    """The format, size and range of the file to write to `output`."""
    replacements: Replacements = ()
    """New texts and files of the draft."""

    @property
    def demands(self) -> tuple[str, ...]:
        """The keys of the request without which an exporter would make another file than the requested one."""
        given = {"options": self.options != STANDARD_OUTPUT, "replace": bool(self.replacements)}
        return tuple(key for key, differs in given.items() if differs)

    @property
    def materials_dir(self) -> Path:
        """The folder of fetched materials, shared by all attempts of a task."""
        return self.folder.parent / "materials"

    @property
    def pieces(self) -> Path:
        """The folder of intermediate files."""
        return self.folder / "pieces"

    def to_json(self) -> str:
        """The request as one line. `report`, `facts`, `timings`, `options`, `replace`, `keep_dir` and `stream` are
        present only if they differ from the default.
        """
        values = asdict(self) | {"draft_folder": self.draft_folder or "", "options": self.options.to_json()}
        del values["replacements"]
        values["replace"] = [each.to_json() for each in self.replacements]
        for name in ("report", "facts", "timings", "options", "replace", "keep_dir", "stream"):
            if not values[name]:
                del values[name]
        return json.dumps(values, default=str)


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


def read_request(text: str) -> ExportRequest:
    """The request in stdin's JSON. Unknown keys are ignored. Raises `BadInput`."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BadInput(f"stdin does not hold one JSON object: {error}") from None
    if not isinstance(values, dict):
        raise BadInput("stdin does not hold one JSON object")
    given = cast("dict[str, Any]", values)
    if not given.get("draft_url") and not given.get("draft_folder"):
        raise BadInput("the request has neither draft_url nor draft_folder")
    return ExportRequest(
        task_id=str(given.get("task_id") or ""),
        folder=_path(given, "folder"),
        output=_path(given, "output"),
        draft_url=str(given.get("draft_url") or ""),
        draft_folder=_path(given, "draft_folder") if given.get("draft_folder") else None,
        draft_files=_files(given),
        ffmpeg=str(given.get("ffmpeg") or ""),
        strict=given.get("strict") is True,
        allow_hosts=_words(given, "allow_hosts"),
        own_urls=_words(given, "own_urls"),
        font_dirs=tuple(Path(folder) for folder in _words(given, "font_dirs")),
        looks=tuple(Path(folder) for folder in _words(given, "looks")),
        limits=_limits(given.get("limits") or {}),
        copy_video=given.get("copy_video") is not False,
        report=given.get("report") is True,
        facts=given.get("facts") is True,
        timings=given.get("timings") is True,
        stream=given.get("stream") is True,
        share_seconds=_seconds(given, "share_seconds"),
        require_sandbox=given.get("require_sandbox") is True,
        helping=given.get("helping") is True,
        options=_output(given.get("options")),
        replacements=_replacements(given.get("replace")),
        keep_dir=_path(given, "keep_dir") if given.get("keep_dir") else None,
    )


def _replacements(given: object) -> Replacements:
    """The replacements of a request. Raises `BadInput`."""
    try:
        return replacements_of(cast("list[dict[str, Any]] | None", given))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"replace is invalid: {error}") from None


def _output(given: object) -> Output:
    """The output of a request. Raises `BadInput`."""
    try:
        return output_of(cast("dict[str, Any] | None", given))
    except (TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"options are invalid: {error}") from None


def _path(given: dict[str, Any], key: str) -> Path:
    value = given.get(key)
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise BadInput(f"{key} must be an absolute path (got {value!r})")
    return Path(value)


def _files(given: dict[str, Any]) -> dict[str, Path]:
    values: Any = given.get("draft_files") or {}
    if not isinstance(values, dict):
        raise BadInput("draft_files must be an object")
    named = cast("dict[str, Any]", values)
    return {name: _path(named, name) for name in named}


def _words(given: dict[str, Any], key: str) -> tuple[str, ...]:
    values: list[Any] = given.get(key) or []
    if not isinstance(given.get(key) or [], list) or not all(isinstance(value, str) for value in values):
        raise BadInput(f"{key} must be a list of strings")
    return tuple(values)


def _seconds(given: dict[str, Any], key: str) -> int:
    value = given.get(key) or 0
    if not isinstance(value, int) or value < 0:
        raise BadInput(f"{key} must be an integer, 0 or more (got {value!r})")
    return value


def _limits(given: object) -> ExportLimits:
    if not isinstance(given, dict):
        raise BadInput("limits must be an object")
    values = cast("dict[str, Any]", given)
    known = {name: value for name in ExportLimits.__dataclass_fields__ if (value := values.get(name))}
    if not all(isinstance(value, int) and value > 0 for value in known.values()):
        raise BadInput(f"limits must be integers, 0 or more (got {values!r})")
    return ExportLimits(**known)


class Reporter:
    """Writes the exporter's lines.

    `write` takes one line without its end. `done` never falls within a stage, and stages only move forward. With
    `strict` the first warning is raised as FEATURE_UNSUPPORTED.
    """

    def __init__(
        self, write: Callable[[str], None], *, strict: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._strict = strict
        self._clock = clock
        self._last: StageLine | None = None
        self._written_at = 0.0
        self._warned = WarningLimit()
        self.locate: Callable[[DraftWarning], DraftWarning] = _as_it_is
        """Adds its place to a warning; set once the draft is read."""

    def accept(self, keys: Sequence[str]) -> None:
        """Report the keys of the request that are obeyed, where it has any that may not be ignored."""
        if keys:
            self._line({"accepts": list(keys)})

    def progress(self, stage: Stage, done: float, total: float | None, unit: Unit) -> None:
        """Report `done` of `total` in `stage`; total None: unknown. Progress of an earlier stage, of a compound's
        timeline, counts as a heartbeat only.
        """
        last = self._last
        if last is not None and _ORDER.index(stage) < _ORDER.index(last.stage):
            self.alive()
            return
        if last is not None and stage is last.stage:
            if not self._due(last, done, total):
                return
            done = max(last.done or 0.0, done)
        self._last, self._written_at = StageLine(stage, done, total, unit), self._clock()
        self._line({"stage": stage, "done": _whole(done), "total": _whole(total), "unit": unit})

    def alive(self) -> None:
        """Repeat the last progress line if a heartbeat is due."""
        if self._last is not None:
            self.progress(self._last.stage, self._last.done or 0.0, self._last.total, self._last.unit or Unit.ITEMS)

    def warn(self, warning: DraftWarning) -> None:
        """Report a warning. Raises `Failed` (FEATURE_UNSUPPORTED) with `strict`; lost provenance changes no picture."""
        if self._strict and warning.code is not WarningCode.PROVENANCE_LOST:
            raise failed(
                ErrorCode.FEATURE_UNSUPPORTED,
                warning.message.en,
                warning.message.zh,
                segment_id=warning.segment_id,
            )
        kept = self._warned.admit(self.locate(warning))
        if kept is not None:
            self._line({"warning": asdict(kept, dict_factory=_present)})

    def preview(self, jpeg: Path) -> None:
        """Report the newest preview; the file may be replaced and reported again."""
        self._line({"preview": str(jpeg)})

    def stream(self, path: Path, rate: tuple[int, int], frames: int) -> None:
        """Report the beginning of the stream, see `StreamLine`."""
        self._line({"stream": {"path": str(path), "rate": rate, "frames": frames}})

    def fragment(self, number: int, path: Path, frames: int) -> None:
        """Report the next fragment of the stream."""
        self._line({"fragment": {"number": number, "path": str(path), "frames": frames}})

    def parts(self, digest: str, spans: Sequence[tuple[int, int]]) -> None:
        """Report the parts of the video as (first frame, end frame), and request an order."""
        self._line({"parts": {"digest": digest, "spans": spans}})

    def part(self, number: int, path: Path) -> None:
        """Report a rendered part, and request the next order."""
        self._line({"part": {"number": number, "path": str(path)}})

    def finish(self, last: Result | Report | DraftFacts | Failure) -> None:
        """Write the last line."""
        keys = {Result: "result", Report: "report", DraftFacts: "facts", Failure: "error"}
        key = keys[type(last)]
        self._line({key: asdict(last, dict_factory=_present)})

    def _due(self, last: StageLine, done: float, total: float | None) -> bool:
        quiet = self._clock() - self._written_at
        if (done, total) == (last.done, last.total) or done < (last.done or 0.0):
            return quiet >= HEARTBEAT_SECONDS
        finished = total is not None and done >= total
        return finished or quiet >= 1 / LINES_PER_SECOND

    def _line(self, values: Mapping[str, object]) -> None:
        self._write(json.dumps(values))


def _as_it_is(warning: DraftWarning) -> DraftWarning:
    return warning


def _whole(number: float | None) -> float | int | None:
    return int(number) if number is not None and number == int(number) else number


def _present(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """A record's fields without those that are None."""
    return {key: value for key, value in fields if value is not None}
