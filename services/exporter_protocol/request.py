"""The request that an exporter reads."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from services.errors import DraftcastError
from services.output import STANDARD_OUTPUT, Output, output_of
from services.replacements import Replacements, replacements_of

KEEP_FREE_BYTES = 2_000_000_000
"""Bytes of a disk that stay free of kept chunks: with less nothing more is kept, and a worker removes what is."""


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
    keep_elsewhere: bool = False
    """The requester has kept files beyond those in `keep_dir`: ask for them, and report those made and used."""
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
        """The request as one line. `report`, `facts`, `timings`, `options`, `replace`, `keep_dir`, `keep_elsewhere`
        and `stream` are present only if they differ from the default.
        """
        values = asdict(self) | {"draft_folder": self.draft_folder or "", "options": self.options.to_json()}
        del values["replacements"]
        values["replace"] = [each.to_json() for each in self.replacements]
        for name in ("report", "facts", "timings", "options", "replace", "keep_dir", "keep_elsewhere", "stream"):
            if not values[name]:
                del values[name]
        return json.dumps(values, default=str)


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
        keep_elsewhere=given.get("keep_elsewhere") is True,
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
