"""Files of strangers, opened with PyAV."""

from pathlib import Path
from typing import IO, Any, cast

import av
from av.container import InputContainer

_LENIENT = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
"""PyAV 19 has no such option: bytes of metadata that are no UTF-8 are surrogates."""


def opened(file: Path | IO[bytes], demuxer: str | None = None, options: dict[str, str] | None = None) -> InputContainer:
    """A file for reading; metadata that are no text end nothing. Raises FFmpegError and `OSError`."""
    where = str(file) if isinstance(file, Path) else file
    container = cast("Any", av).open(where, format=demuxer, options=options, **_LENIENT)
    return cast("InputContainer", container)
