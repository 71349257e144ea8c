"""Frames of AAC in a file of ADTS (ISO/IEC 13818-7, 6.2) that ffmpeg is still writing."""

import os
from array import array
from itertools import pairwise
from pathlib import Path

HEADER_BYTES = 7
"""Of each frame; ffmpeg writes no checksums."""
FRAME_SAMPLES = 1024
_SYNC = b"\xff\xf1"
"""MPEG-4, without a checksum."""


class AdtsFile:
    """The frames of a growing file. `ended` is set when it grows no more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ended = False
        self._ends = array("Q", [0])
        """The ends of all whole frames, in bytes, after the beginning of the first."""

    def poll(self) -> int:
        """Read on, and return the number of frames so far. Blocks. Raises `OSError`, and `ValueError` for a file of
        another format.
        """
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            size_bytes = os.fstat(file.fileno()).st_size
            while self._ends[-1] + HEADER_BYTES <= size_bytes:
                file.seek(self._ends[-1])
                end = self._ends[-1] + self._frame_bytes(file.read(HEADER_BYTES))
                if end > size_bytes:
                    break
                self._ends.append(end)
        return len(self._ends) - 1

    def _frame_bytes(self, header: bytes) -> int:
        size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
        if header[:2] != _SYNC or size <= HEADER_BYTES:
            raise ValueError(f"{self.path.name} is not ADTS")
        return size

    def frames(self, first: int, end: int) -> list[bytes]:
        """The frames from `first` up to `end`, without their headers, as far as there are. Blocks. Raises `OSError`."""
        ends = self._ends[first : end + 1]
        if len(ends) == 0:
            return []
        with self.path.open("rb") as file:
            file.seek(ends[0])
            content = file.read(ends[-1] - ends[0])
        return [content[start - ends[0] + HEADER_BYTES : stop - ends[0]] for start, stop in pairwise(ends)]
