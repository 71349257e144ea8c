"""The stream of a task: the fragments that can be watched while it is rendered, and their playlist (HLS, RFC 8216).
Pure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from pathlib import PurePosixPath

from services.exporter_protocol.lines import StreamLine

PLAYLIST, FRAGMENT = "stream.m3u8", ".m4s"
FOLDER = "stream"
TARGET_SECONDS = 4
"""Maximum length of a fragment; a longer one, of another exporter, ends the stream."""
MAX_FRAGMENTS = 50_000
"""More than two days of video have."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment: its number of frames, and the id of its writer. No two writers write files of the same name, so one
    that is fenced off changes nothing that was announced. Streams of the release before have no ids.
    """

    frames: int
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """The announced fragments of a run, at `rate` frames a second, of `frames` in all."""

    run: int
    rate: Fraction
    frames: int
    fragments: tuple[Fragment, ...] = ()

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
        stream = cls(int(of_run), Fraction(rate), int(frames), tuple(_fragments(fragments)))
        return stream if stream.run == run else None

    def text(self) -> str:
        """The stream as it is stored: `1 30 300: @5f2c81d0 30 30 @08aa3e71 60`, each writer before its fragments."""
        words: list[str] = []
        for writer, fragments in groupby(self.fragments, lambda each: each.writer):
            words += [f"@{writer}"] if writer else []
            words += [str(each.frames) for each in fragments]
        return f"{self.run} {self.rate} {self.frames}: {' '.join(words)}"

    def longer(self, added: Fragment) -> "Stream | None":
        """The stream with another fragment; None where there can be no such one."""
        most = min(self.frames - self.announced_frames, math.ceil(TARGET_SECONDS * self.rate))
        fits = 0 < added.frames <= most and len(self.fragments) < MAX_FRAGMENTS
        return replace(self, fragments=(*self.fragments, added)) if fits else None

    @property
    def announced_frames(self) -> int:
        """The number of frames of all fragments."""
        return sum(each.frames for each in self.fragments)

    @property
    def files(self) -> frozenset[str]:
        """The names of its files."""
        names = (fragment_name(number, each.writer) for number, each in enumerate(self.fragments))
        return frozenset((initialization_name(self.fragments[0].writer), *names))

    @property
    def whole(self) -> bool:
        """Whether the fragments are the whole video."""
        return self.announced_frames == self.frames

    def playlist(self, *, running: bool, gone: bool, query: str) -> str:
        """The playlist: EVENT while the task is `running`, else VOD. The URIs are relative, with the `query` that
        signs them; those of a task whose files are `gone` are marked as gaps (EXT-X-GAP).
        """
        return "".join(f"{line}\n" for line in self._lines(running=running, gone=gone, query=query))

    def _lines(self, *, running: bool, gone: bool, query: str) -> Iterator[str]:
        yield from ("#EXTM3U", f"#EXT-X-VERSION:{8 if gone else 7}", f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}")
        yield from (f"#EXT-X-PLAYLIST-TYPE:{'EVENT' if running else 'VOD'}", "#EXT-X-INDEPENDENT-SEGMENTS")
        yield "#EXT-X-START:TIME-OFFSET=0"  # players begin near the end of what still grows
        yield f'#EXT-X-MAP:URI="{initialization_name(self.fragments[0].writer)}{query}"'
        for number, each in enumerate(self.fragments):
            yield f"#EXTINF:{float(each.frames / self.rate):.6f},"
            if gone:
                yield "#EXT-X-GAP"
            yield f"{fragment_name(number, each.writer)}{query}"
        if not running:
            yield "#EXT-X-ENDLIST"


def _fragments(text: str) -> Iterator[Fragment]:
    writer = ""
    for word in text.split():
        if word.startswith("@"):
            writer = word[1:]
        else:
            yield Fragment(int(word), writer)


def initialization_name(writer: str) -> str:
    """The name of the initialization of a stream, which is by the writer of its first fragment."""
    return f"{_stem('init', writer)}.mp4"


def fragment_name(number: int, writer: str) -> str:
    """The name of a fragment."""
    return f"{_stem(str(number), writer)}{FRAGMENT}"


def _stem(what: str, writer: str) -> str:
    return f"{what}-{writer}" if writer else what


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
