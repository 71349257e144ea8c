"""The stream of a task: the fragments that can be watched while it is rendered, and their playlist (HLS, RFC 8216).
Pure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePosixPath

from services.exporter_protocol.lines import StreamLine

PLAYLIST, INITIALIZATION, FRAGMENT = "stream.m3u8", "init.mp4", ".m4s"
FOLDER = "stream"
TARGET_SECONDS = 4
"""Maximum length of a fragment; a longer one, of another exporter, ends the stream."""
MAX_FRAGMENTS = 50_000
"""More than two days of video have."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The announced fragments of a run, by their numbers of frames, at `rate` a second, of `frames` in all."""

    run: int
    rate: Fraction
    frames: int
    fragments: tuple[int, ...] = ()

    @classmethod
    def begun(cls, run: int, line: StreamLine) -> "Stream":
        """The stream of a run that begins."""
        return cls(run, Fraction(*line.rate), line.frames)

    @classmethod
    def stored(cls, text: str | None, run: int) -> "Stream | None":
        """The stream in a stored text; None where there is none of this run."""
        head, _, fragments = (text or "").partition(":")
        if not head:
            return None
        of_run, rate, frames = head.split()
        stream = cls(int(of_run), Fraction(rate), int(frames), tuple(map(int, fragments.split())))
        return stream if stream.run == run else None

    def text(self) -> str:
        """The stream as it is stored: `1 30/1 300: 30 30 60`."""
        return f"{self.run} {self.rate} {self.frames}: {' '.join(map(str, self.fragments))}"

    def longer(self, frames: int) -> "Stream | None":
        """The stream with another fragment; None where there can be no such one."""
        fits = 0 < frames <= min(self.frames - sum(self.fragments), math.ceil(TARGET_SECONDS * self.rate))
        return (
            replace(self, fragments=(*self.fragments, frames)) if fits and len(self.fragments) < MAX_FRAGMENTS else None
        )

    @property
    def whole(self) -> bool:
        """Whether the fragments are the whole video."""
        return sum(self.fragments) == self.frames

    def playlist(self, *, running: bool, gone: bool, query: str) -> str:
        """The playlist: EVENT while the task is `running`, else VOD. The URIs are relative, with the `query` that
        signs them; those of a task whose files are `gone` are marked as gaps (EXT-X-GAP).
        """
        return "".join(f"{line}\n" for line in self._lines(running=running, gone=gone, query=query))

    def _lines(self, *, running: bool, gone: bool, query: str) -> Iterator[str]:
        yield from ("#EXTM3U", f"#EXT-X-VERSION:{8 if gone else 7}", f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}")
        yield from (f"#EXT-X-PLAYLIST-TYPE:{'EVENT' if running else 'VOD'}", "#EXT-X-INDEPENDENT-SEGMENTS")
        yield "#EXT-X-START:TIME-OFFSET=0"  # players begin near the end of what still grows
        yield f'#EXT-X-MAP:URI="{INITIALIZATION}{query}"'
        for number, frames in enumerate(self.fragments):
            yield f"#EXTINF:{float(frames / self.rate):.6f},"
            if gone:
                yield "#EXT-X-GAP"
            yield f"{number}{FRAGMENT}{query}"
        if not running:
            yield "#EXT-X-ENDLIST"


def stream_key(task_id: str, run: int, name: str) -> str:
    """The key in the file storage of a file of a run's stream; attempts of a run add to one stream."""
    return f"{stream_folder(task_id, run)}/{name}"


def stream_folder(task_id: str, run: int) -> str:
    """The folder of a run's stream in the file storage."""
    return f"videos/{task_id}/{FOLDER}{run}"


def signed_name(key: str) -> str:
    """What the signature of a file's URL covers: its key; for files of a stream their folder, so that the playlist's
    signature is also that of its fragments, which stay the same at each reading.
    """
    folder = PurePosixPath(key).parent
    return f"{folder}/" if folder.name.startswith(FOLDER) and folder.parent.parent.name == "videos" else key
