"""Frames of AAC in a file of ADTS (ISO/IEC 13818-7, 6.2) that ffmpeg is still writing."""

from pathlib import Path

HEADER_BYTES = 7
"""Of each frame; ffmpeg writes no checksums."""
FRAME_SAMPLES = 1024
_SYNC = b"\xff\xf1"
"""MPEG-4, without a checksum."""


class AdtsFile:
    """The frames of a growing file, without their headers. `ended` is set when it grows no more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ended = False
        self._read_bytes = 0
        self._rest = b""
        self._frames: list[bytes] = []
        self._first = 0
        """The number of the first frame in `_frames`; earlier ones were taken."""

    def poll(self) -> int:
        """Read on, and return the number of frames so far. Blocks. Raises `OSError`, and `ValueError` for a file of
        another format.
        """
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._read_bytes)
                content = file.read()
            self._read_bytes += len(content)
            self._rest += content
            self._split()
        return self._first + len(self._frames)

    def _split(self) -> None:
        at = 0
        while at + HEADER_BYTES <= len(self._rest):
            header = self._rest[at : at + HEADER_BYTES]
            size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
            if header[:2] != _SYNC or size <= HEADER_BYTES:
                raise ValueError(f"{self.path.name} is not ADTS")
            if at + size > len(self._rest):
                break
            self._frames.append(self._rest[at + HEADER_BYTES : at + size])
            at += size
        self._rest = self._rest[at:]

    def take(self, first: int, end: int) -> list[bytes]:
        """The frames from `first` up to `end`, as far as there are; they and those before are dropped."""
        start, stop = first - self._first, max(0, end - self._first)
        found = self._frames[start:stop]
        self._frames, self._first = self._frames[stop:], self._first + min(stop, len(self._frames))
        return found
