"""The exporter protocol: one JSON object in on stdin, one JSON object per line out on stdout.

`docs/exporter.md` tells the same to those who write an exporter of their own.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from services.errors import DraftcastError, DraftWarning, ErrorCode, Failure, failed
from services.warning_limit import Bound

LINES_PER_SECOND = 10
"""Progress lines of one stage come no faster than this; its first and last always come."""


HEARTBEAT_SECONDS = 10
"""A stage in which nothing new is done says so again after this long, as long as somebody works on it."""


class Stage(StrEnum):
    """The stages of a render, in order."""

    PARSING_DRAFT = "PARSING_DRAFT"
    PREPARING = "PREPARING"
    PROCESSING_MATERIALS = "PROCESSING_MATERIALS"
    EXPORTING = "EXPORTING"
    WRITING_FILE = "WRITING_FILE"


_ORDER = tuple(Stage)


class Unit(StrEnum):
    """What `done` and `total` count."""

    BYTES = "BYTES"
    FILES = "FILES"
    ITEMS = "ITEMS"
    FRAMES = "FRAMES"


class BadInput(DraftcastError):
    """What came in on stdin is not the object the protocol asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a render may use. A limit that comes in as 0, or not at all, has the value given here."""

    task_bytes: int = 8_000_000_000
    """All materials together."""
    draft_bytes: int = 20_000_000
    material_bytes: int = 2_000_000_000
    """Any single material."""
    video_seconds: int = 3600
    pixels: int = 3840 * 2160
    """Of the canvas: width x height."""
    seconds: int = 7200
    """The whole render, by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """What to render and where to. `folder` is this attempt's own, and `output` the MP4 to write."""

    folder: Path
    output: Path
    draft_url: str = ""
    draft_folder: Path | None = None
    """A folder on this machine that holds the draft; when given, nothing is fetched for the draft itself."""
    draft_files: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Files elsewhere on this machine that belong to that draft, by the paths under which it names them."""
    ffmpeg: str = ""
    strict: bool = False
    allow_hosts: tuple[str, ...] = ()
    own_urls: tuple[str, ...] = ()
    """What may be fetched of the server that asks for this (see `Guard`)."""
    font_dirs: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    copy_video: bool = True
    """Whether cuts that need not be encoded again are copied."""
    report: bool = False
    """Only look at the draft and say what a render would lose or lack; nothing is written to `output`."""
    share_seconds: int = 0
    """A video of so many seconds or more is rendered in parts, of which others may make some; 0: never."""
    require_sandbox: bool = False
    """Nothing is rendered where the kernel lacks what the sandbox needs."""
    helping: bool = False
    """Some parts of somebody else's video are made, and no video."""

    @property
    def materials_dir(self) -> Path:
        """Where fetched materials are kept; the attempts of a task share it."""
        return self.folder.parent / "materials"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderResult:
    """A finished file."""

    output: Path
    thumbnail: Path
    width: int
    height: int
    duration_us: int
    frames: int
    frame_rate: float
    has_sound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a draft holds, as far as it could be read, and why it cannot be rendered, if it cannot."""

    width: int | None = None
    height: int | None = None
    duration_us: int | None = None
    frame_rate: float | None = None
    tracks: int | None = None
    segments: int | None = None
    materials: int | None = None
    error: Failure | None = None


def read_request(text: str) -> RenderRequest:
    """The request of stdin's JSON. Keys that are not known are passed over. Raises `BadInput`."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BadInput(f"stdin does not hold one JSON object: {error}") from None
    if not isinstance(values, dict):
        raise BadInput("stdin does not hold one JSON object")
    given = cast("dict[str, Any]", values)
    if not given.get("draft_url") and not given.get("draft_folder"):
        raise BadInput("the request has neither draft_url nor draft_folder")
    return RenderRequest(
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
        limits=_limits(given.get("limits") or {}),
        copy_video=given.get("copy_video") is not False,
        report=given.get("report") is True,
        share_seconds=_seconds(given, "share_seconds"),
        require_sandbox=given.get("require_sandbox") is True,
        helping=given.get("helping") is True,
    )


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
        raise BadInput(f"{key} must be a list of texts")
    return tuple(values)


def _seconds(given: dict[str, Any], key: str) -> int:
    value = given.get(key) or 0
    if not isinstance(value, int) or value < 0:
        raise BadInput(f"{key} must be a whole number, 0 or more (got {value!r})")
    return value


def _limits(given: object) -> Limits:
    if not isinstance(given, dict):
        raise BadInput("limits must be an object")
    values = cast("dict[str, Any]", given)
    known = {name: value for name in Limits.__dataclass_fields__ if (value := values.get(name))}
    if not all(isinstance(value, int) and value > 0 for value in known.values()):
        raise BadInput(f"limits must be whole numbers, 0 or more (got {values!r})")
    return Limits(**known)


class Reporter:
    """Says how the render goes, in the protocol's lines.

    `write` takes one line without its end. `done` never falls within a stage, and the
    stages only move forward. With `strict` the first warning is raised as FEATURE_UNSUPPORTED.
    """

    def __init__(
        self, write: Callable[[str], None], *, strict: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._strict = strict
        self._clock = clock
        self._stage: Stage | None = None
        self._unit = Unit.ITEMS
        self._done = 0.0
        self._told: tuple[float, float | None] = (0.0, None)
        self._told_at = 0.0
        self._warned = Bound()

    def progress(self, stage: Stage, done: float, total: float | None, unit: Unit) -> None:
        """`done` of `total` is made in `stage`; None as `total` means that it is not known. What is done of an
        earlier stage, for a draft within the draft, only tells that the render goes on.
        """
        if self._stage is not None and _ORDER.index(stage) < _ORDER.index(self._stage):
            self.alive()
            return
        if stage is not self._stage:
            self._stage, self._done, self._unit = stage, 0.0, unit
        elif not self._due(done, total):
            return
        self._done = max(self._done, done)
        self._told, self._told_at = (self._done, total), self._clock()
        self._line({"stage": stage, "done": _whole(self._done), "total": _whole(total), "unit": unit})

    def alive(self) -> None:
        """The render goes on, with nothing new to tell."""
        if self._stage is not None:
            self.progress(self._stage, self._done, self._told[1], self._unit)

    def warn(self, warning: DraftWarning) -> None:
        """Tell of something that is not drawn as designed. Raises `Failed` when that is not allowed."""
        if self._strict:
            raise failed(
                ErrorCode.FEATURE_UNSUPPORTED,
                warning.message.en,
                warning.message.zh,
                segment_id=warning.segment_id,
            )
        kept = self._warned.kept(warning)
        if kept is not None:
            self._line({"warning": _plain(asdict(kept))})

    def preview(self, jpeg: Path) -> None:
        """The newest frame lies there; the file may be replaced, and told of again."""
        self._line({"preview": str(jpeg)})

    def parts(self, digest: str, spans: Sequence[tuple[int, int]]) -> None:
        """The video is to be made in these parts, first and last frame (exclusive); an order is waited for."""
        self._line({"parts": {"digest": digest, "spans": spans}})

    def part(self, number: int, path: Path) -> None:
        """A part is made and lies there; the next order is waited for."""
        self._line({"part": {"number": number, "path": str(path)}})

    def helped(self, parts: int) -> None:
        """The last line of one that helped: so many parts were made."""
        self._line({"helped": {"parts": parts}})

    def result(self, result: RenderResult) -> None:
        """The last line of a render that went well."""
        self._line({"result": _plain(asdict(result))})

    def report(self, report: Report) -> None:
        """The last line when only a report was asked for; the warnings have come before it."""
        self._line({"report": _plain(asdict(report))})

    def error(self, failure: Failure) -> None:
        """The last line of a render that did not."""
        self._line({"error": _plain(asdict(failure))})

    def _due(self, done: float, total: float | None) -> bool:
        quiet = self._clock() - self._told_at
        if (done, total) == self._told or done < self._done:
            return quiet >= HEARTBEAT_SECONDS
        finished = total is not None and done >= total
        return finished or quiet >= 1 / LINES_PER_SECOND

    def _line(self, values: Mapping[str, object]) -> None:
        self._write(json.dumps(values))


def _whole(number: float | None) -> float | int | None:
    return int(number) if number is not None and number == int(number) else number


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Paths as texts; what is not there is left out."""
    return {key: _plain_value(value) for key, value in values.items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(cast("dict[str, Any]", value))
    return str(value) if isinstance(value, Path) else value
