"""Damaged media files by number: the same number gives the same file."""

import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support import media

Seeds = dict[str, bytes]
"""The content of a whole file, by its name."""
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
MOST_CHANGES = 12


def seeds(folder: Path) -> Seeds:
    """One small file of each kind."""
    made = [
        media.counting_video(folder / "video.mp4", seconds=0.4, size="64x36", hertz=440),
        media.counting_video(folder / "video.mkv", seconds=0.2, size="64x36"),
        media.quadrants(folder / "picture.png", 64, 36),
        media.quadrants(folder / "photo.jpg", 64, 36, exif_orientation=6),
        media.tone(folder / "sound.mp3", 440, 0.4),
        media.tone(folder / "sound.wav", 440, 0.1),
        media.long_gif(folder / "frames.gif", 20),
    ]
    return {path.name: path.read_bytes() for path in made}


def broken(whole: Seeds, number: int, secret: Path, url: str) -> tuple[str, bytes]:
    """The name and content of file `number`. Every eighth leads to `secret` or `url`, under the name of a medium."""
    chance = random.Random(number)
    if number % 8 == 7:
        return chance.choice(["list.mp4", "list.png", "list.mp3"]), _leading(chance, secret, url)
    name = list(whole)[number % len(whole)]
    content = bytearray(whole[name])
    for _ in range(chance.randint(1, MOST_CHANGES)):
        chance.choice(_CHANGES)(chance, content)
    return name, bytes(content)


def _flip(chance: random.Random, content: bytearray) -> None:
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _edge(chance: random.Random, content: bytearray) -> None:
    """An absurd length or count."""
    if len(content) >= 4:
        at = chance.randrange(min(len(content) - 3, chance.choice([64, 1024, len(content)])))
        content[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice(EDGES))


def _cut(chance: random.Random, content: bytearray) -> None:
    if chance.random() < 0.3:
        del content[chance.randrange(len(content) + 1) :]


def _repeat(chance: random.Random, content: bytearray) -> None:
    start = chance.randrange(len(content) + 1)
    piece = bytes(content[start : start + chance.randint(1, 200)])
    content[start:start] = piece * chance.randint(1, 20)


def _noise(chance: random.Random, content: bytearray) -> None:
    start = chance.randrange(len(content) + 1)
    content[start : start + 8] = chance.randbytes(8)


_CHANGES: Sequence[Callable[[random.Random, bytearray], None]] = (_flip, _flip, _edge, _edge, _cut, _repeat, _noise)


def _leading(chance: random.Random, secret: Path, url: str) -> bytes:
    target = chance.choice(
        [str(secret), f"file:{secret}", url, f"concat:{secret}|{secret}", f"subfile,,start,0:{secret}"]
    )
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n"
    kinds = [
        playlist.encode(),
        f"ffconcat version 1.0\nfile '{target}'\n".encode(),
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{target}"/></svg>'.encode(),
        f"<MPD><Period><AdaptationSet><Representation><BaseURL>{target}</BaseURL></Representation></AdaptationSet>"
        f"</Period></MPD>".encode(),
        b"ID3\x04\0\0\0\0\0\0" + playlist.encode(),
        b"GIF89a" + playlist.encode(),
        _reference_movie(target),
    ]
    return chance.choice(kinds)


def _reference_movie(target: str) -> bytes:
    """A QuickTime movie that only names another file."""
    link = target.encode() + b"\0"
    reference = b"rdrf" + struct.pack(">I", 0) + b"url " + struct.pack(">I", len(link)) + link
    movie = b"rmra" + _box(b"rmda", struct.pack(">I", len(reference) + 4) + reference)
    return _box(b"ftyp", b"qt  \0\0\0\0qt  ") + _box(b"moov", _box(movie[:4], movie[4:]))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body
