"""Draws the media of the built-in sample, services/drafts/sample/assets: `make sample`.

Two clips (a morning in the hills, an evening with sky lanterns), a postcard and eight seconds of music. All of it is
computed, so no rights of others apply.
"""

import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.render.process.ffmpeg import find_ffmpeg

Picture = NDArray[np.float64]
"""Rows x columns x (red, green, blue), each 0..1."""
Plane = NDArray[np.float64]

ASSETS = Path(__file__).resolve().parent.parent / "services/drafts/sample/assets"
STAMP = "20261101120000"
WIDTH, HEIGHT, FPS = 1280, 720, 30
CLIP_SECONDS = 3.2
SHORE = 576
"""Where the evening's lake begins, in rows."""
SAMPLE_RATE = 44_100
MUSIC_SECONDS = 8.0

Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
GRAIN = np.random.default_rng(7).uniform(-0.5, 0.5, (HEIGHT, WIDTH, 1)) / 255 * 1.6
"""Keeps the soft gradients from showing steps; it stands still, so it costs few bytes."""


def color(text: str) -> Picture:
    """`#RRGGBB` as three numbers."""
    return np.array([byte / 255 for byte in bytes.fromhex(text.lstrip("#"))])


def sky(*stops: tuple[float, str]) -> Picture:
    """A vertical gradient through colours at heights 0..1."""
    at = [stop for stop, _ in stops]
    table = np.array([color(text) for _, text in stops])
    column = np.stack([np.interp(np.arange(HEIGHT) / HEIGHT, at, table[:, part]) for part in range(3)], axis=-1)
    return np.repeat(column[:, None, :], WIDTH, axis=1)


def blend(picture: Picture, ink: Picture, cover: Plane) -> Picture:
    """The picture with `ink` laid over it where `cover` (0..1) is."""
    return picture + (ink - picture) * np.clip(cover, 0, 1)[..., None]


def glow(picture: Picture, ink: Picture, strength: Plane) -> Picture:
    """The picture lit up by `ink`."""
    lit: Picture = 1 - (1 - picture) * (1 - ink * np.clip(strength, 0, 1)[..., None])
    return lit


def disc(x: float, y: float, radius: float) -> Plane:
    """A filled circle with a soft edge of one pixel."""
    inside: Plane = radius + 0.5 - np.hypot(X - x, Y - y)
    return inside


def halo(x: float, y: float, reach: float) -> Plane:
    """Light that falls off around a point."""
    light: Plane = np.exp(-((X - x) ** 2 + (Y - y) ** 2) / reach**2)
    return light


def ridge(seed: int, base: float, rise: float, shift: float) -> Plane:
    """The height line of a range of hills, as y for every column."""
    random = np.random.default_rng(seed)
    columns = np.arange(WIDTH) + shift
    line = np.full(WIDTH, base, dtype=float)
    for octave in range(1, 6):
        length = 900 / octave**1.25 * random.uniform(0.8, 1.2)
        line -= rise / octave**1.15 * np.sin(2 * np.pi * columns / length + random.uniform(0, 6.28))
    return line


def hills(picture: Picture, line: Plane, top: str, foot: str, mist: tuple[float, float]) -> Picture:
    """A range of hills below `line`, paler between the two heights of `mist`, where the mist lies."""
    fade = np.clip((Y - mist[0]) / (mist[1] - mist[0]), 0, 1)[..., None]
    return blend(picture, color(top) * (1 - fade) + color(foot) * fade, Y - line[None, :] + 0.5)


def birds(picture: Picture, seconds: float) -> Picture:
    """Five birds that cross the sky."""
    for number, (x, y, size) in enumerate(((0, 0, 13), (46, 16, 11), (84, -8, 10), (120, 24, 9), (-40, 30, 10))):
        beat = 0.55 + 0.35 * np.sin(seconds * 7 + number * 1.7)
        dx, dy = X - (470 + x + seconds * 34), Y - (170 + y - seconds * 5)
        wing = -np.abs(dx) * beat + (np.abs(dx) / size) ** 2 * size * 0.35
        near = np.clip(1.7 - np.abs(dy - wing), 0, 1) * (np.abs(dx) < size)
        picture = blend(picture, color("#3a2f4a"), near * 0.75)
    return picture


def morning(seconds: float) -> Picture:
    """Sunrise over misty hills."""
    picture = sky((0, "#3f6ea5"), (0.28, "#8fa9c9"), (0.46, "#f3c1a0"), (0.6, "#ffdca0"), (1, "#ffe9c4"))
    x, y = 865.0, 372 - seconds * 16
    picture = glow(picture, color("#ffb561"), 0.75 * halo(x, y, 330) + 0.5 * halo(x, y, 130))
    picture = blend(picture, color("#fff4d6"), disc(x, y, 52))
    picture = birds(picture, seconds)
    ranges = (
        (3, 400, 34, 4, "#c39a9c", "#f0c8ad"),
        (11, 452, 40, 8, "#9a7b90", "#dcb4a8"),
        (5, 520, 44, 14, "#6b5f80", "#b3969e"),
        (8, 592, 46, 24, "#413f63", "#7c6d88"),
        (21, 664, 34, 38, "#23264a", "#39365c"),
    )
    for seed, base, rise, speed, top, foot in ranges:
        picture = hills(picture, ridge(seed, base, rise, seconds * speed), top, foot, (base - 50, base + 110))
    return picture


def stars(picture: Picture, seconds: float) -> Picture:
    """Eighty stars that twinkle."""
    random = np.random.default_rng(4)
    light = np.zeros((HEIGHT, WIDTH))
    for _ in range(80):
        x, y, phase, size = random.uniform((0, 0, 0, 0.8), (WIDTH, 330, 6.28, 1.7))
        left, top = int(x), int(y)
        window = np.s_[max(0, top - 6) : top + 7, max(0, left - 6) : left + 7]
        spot = np.exp(-((X[window] - x) ** 2 + (Y[window] - y) ** 2) / size**2)
        light[window] += spot * (0.6 + 0.3 * np.sin(seconds * 2.4 + phase))
    return glow(picture, color("#fff6e0"), light)


def lanterns(picture: Picture, seconds: float) -> Picture:
    """Paper lanterns that rise and sway, the far ones small and slow; and their light on the water."""
    random = np.random.default_rng(31)
    picture = picture.copy()
    for size in np.sort(random.uniform(5, 26, 24)):
        x, y, phase = random.uniform((40, 110, 0), (WIDTH - 40, 520, 6.28))
        x += 9 * np.sin(seconds * 0.9 + phase) + seconds * size * 0.3
        y -= seconds * (8 + size * 1.5)
        flicker = 0.9 + 0.1 * np.sin(seconds * 5 + phase)
        around = window(x, y, size * 7)
        picture[around] = lantern(picture[around], X[around] - x, Y[around] - y, size, flicker)
        column = np.s_[SHORE:HEIGHT, window(x, y, size * 3)[1]]
        far = np.exp(-(((X[column] - x) / (size * 1.3)) ** 2) - (Y[column] - SHORE) / 90)
        wave = 0.5 + 0.5 * np.sin(Y[column] * 0.5 + 3 * np.sin(X[column] * 0.02 + seconds) - seconds * 4)
        picture[column] = glow(picture[column], color("#ff9a4a"), 0.028 * size * flicker * far * wave)
    return picture


def lantern(picture: Picture, dx: Plane, dy: Plane, size: float, flicker: float) -> Picture:
    """One lantern of half width `size`, `dx` and `dy` pixels from its middle."""
    light = np.exp(-(dx**2 + (dy - size * 0.3) ** 2) / (size * 3.2) ** 2)
    picture = glow(picture, color("#ff8a3c"), 0.55 * flicker * light)
    u, v = dx / size, dy / (size * 1.25)
    body = (1 - np.maximum(np.abs(u) / (0.74 - 0.2 * np.clip(v, -1, 1)), np.abs(v))) * size + 0.5
    warmth = np.clip(0.5 + v * 0.6, 0, 1)[..., None]
    return blend(picture, color("#e0602c") * (1 - warmth) + color("#ffdf8e") * warmth, body)


def window(x: float, y: float, reach: float) -> tuple[slice, slice]:
    """The rows and columns within `reach` of a point."""
    rows = slice(max(0, int(y - reach)), max(0, min(HEIGHT, int(y + reach))))
    return rows, slice(max(0, int(x - reach)), max(0, min(WIDTH, int(x + reach))))


def evening(seconds: float) -> Picture:
    """Sky lanterns over a lake."""
    picture = sky((0, "#0b1437"), (0.4, "#27306b"), (0.66, "#6a4a86"), (0.8, "#d08a86"))
    picture = stars(picture, seconds)
    picture = glow(picture, color("#ffe9c0"), 0.3 * halo(250, 150, 150))
    picture = blend(picture, color("#fff3da"), disc(250, 150, 44))
    picture = hills(picture, ridge(15, 500, 30, seconds * 3), "#4a3d75", "#84609a", (470, SHORE))
    picture = hills(picture, ridge(2, 548, 22, seconds * 6), "#1d1a45", "#352c62", (530, SHORE))
    return lanterns(lake(picture, seconds), seconds)


def lake(picture: Picture, seconds: float) -> Picture:
    """The water below the shore: the sky's colours upside down and darker, and a path of moonlight."""
    water = sky((0.8, "#a66f8c"), (0.84, "#5b4684"), (0.92, "#262a61"), (1, "#10173d"))
    depth = np.clip((Y - SHORE) / (HEIGHT - SHORE), 0, 1)
    wave = np.sin(Y * 0.45 + 2.5 * np.sin(X * 0.013 - seconds) + seconds * 2)
    water = glow(water, color("#a79be0"), 0.1 * wave * depth)
    path = np.exp(-(((X - 250) / (26 + 60 * depth)) ** 2)) * np.clip(0.5 + 0.5 * np.sin(wave * 3 + Y * 0.8), 0, 1)
    water = glow(water, color("#ffeccb"), 0.45 * path * (1 - 0.6 * depth))
    return blend(picture, water, Y - SHORE + 0.5)


def postcard() -> Picture:
    """A sailing boat, with a white border: the sample's photo."""
    picture = sky((0, "#5fb3c9"), (0.45, "#d6efe6"), (0.58, "#fdf3d8"), (0.581, "#2f8f9d"), (1, "#155e75"))
    picture = blend(picture, color("#fffbe8"), disc(980, 190, 70))
    picture = blend(picture, color("#e8503a"), _triangle((600, 90), (600, 470), (380, 470)))
    picture = blend(picture, color("#f9c74f"), _triangle((625, 150), (850, 470), (625, 470)))
    picture = blend(picture, color("#5a2e1f"), np.minimum(7 - np.abs(X - 612), np.minimum(Y - 76, 500 - Y)))
    slope = (Y - 490) * 0.9
    hull = np.minimum(np.minimum(Y - 490, 580 - Y), np.minimum(X - 350 - slope, 900 - X - slope))
    picture = blend(picture, color("#5a2e1f"), hull)
    for row, phase in ((600, 0.0), (640, 1.9), (680, 4.0)):
        crest = 2.5 - np.abs(Y - row - 7 * np.sin(X / 46 + phase))
        picture = blend(picture, color("#bfe6e3"), np.clip(crest, 0, 1) * 0.8)
    border = 34 - np.minimum(np.minimum(X, WIDTH - 1 - X), np.minimum(Y, HEIGHT - 1 - Y))
    return blend(picture, color("#fffdf6"), border)


def _triangle(*corners: tuple[float, float]) -> Plane:
    """The distance in pixels from the nearest side, positive inside."""
    inside = np.full((HEIGHT, WIDTH), np.inf)
    (ax, ay), (bx, by), (cx, cy) = corners
    turn = np.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        across = ((bx - ax) * (Y - ay) - (by - ay) * (X - ax)) * turn
        inside = np.minimum(inside, across / np.hypot(bx - ax, by - ay))
    return inside


def pixels(picture: Picture) -> NDArray[np.uint8]:
    """The picture as bytes."""
    return np.clip((picture + GRAIN) * 255 + 0.5, 0, 255).astype(np.uint8)


def frames(scene: Callable[[float], Picture]) -> Iterator[bytes]:
    """The frames of a clip."""
    for number in range(round(CLIP_SECONDS * FPS)):
        yield pixels(scene(number / FPS)).tobytes()


def bell(frequency: float, seconds: float) -> Plane:
    """A soft plucked tone with three overtones."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = np.zeros_like(at)
    for overtone, loudness, decay in ((1, 1.0, 1.3), (2, 0.35, 2.2), (3, 0.12, 3.5), (4.2, 0.05, 6.0)):
        tone += loudness * np.sin(2 * np.pi * frequency * overtone * at) * np.exp(-at * decay)
    return tone * np.minimum(at / 0.008, 1)


def music() -> NDArray[np.int16]:
    """Four pentatonic chords, plucked note by note, that come to rest after six seconds. Stereo."""
    sound = np.zeros((2, round((MUSIC_SECONDS + 4) * SAMPLE_RATE)))
    chords = ((48, 55, 64, 69, 72, 76), (45, 52, 60, 67, 69, 76), (41, 53, 57, 64, 69, 72), (48, 55, 60, 64, 67, 72))
    for number, notes in enumerate(chords):
        for step, note in enumerate(notes):
            _strike(sound, number * 1.5 + step * (0.25 if number < 3 else 0.12), note, 0.5 if step else 0.8)
    for start, note in ((0.75, 79), (1.5, 81), (2.25, 84), (3.0, 81), (3.75, 79), (4.5, 84), (5.25, 88)):
        _strike(sound, start, note, 0.42)
    length = round(MUSIC_SECONDS * SAMPLE_RATE)
    rest = np.interp(np.arange(length) / SAMPLE_RATE, (0, 5.2, 6.0, MUSIC_SECONDS), (1, 1, 0.12, 0))
    played: Plane = sound[:, :length] * rest
    samples: NDArray[np.int16] = (played.T * (0.7 * 32767 / np.abs(played).max())).round().astype(np.int16)
    return samples


def _strike(sound: Plane, start: float, note: int, loudness: float) -> None:
    """Add a note (MIDI number); higher ones stand further right. An echo answers on the other side."""
    tone = bell(440 * 2 ** ((note - 69) / 12), 3.0) * loudness
    right = np.clip((note - 48) / 50, 0.2, 0.8)
    for delay, level, share in ((0.0, 1.0, right), (0.31, 0.28, 1 - right), (0.62, 0.1, right)):
        first = round((start + delay) * SAMPLE_RATE)
        sound[0, first : first + tone.size] += tone * level * (1 - share)
        sound[1, first : first + tone.size] += tone * level * share


def encode(arguments: list[str], content: Iterator[bytes], output: Path) -> None:
    """Pipe raw frames or samples through ffmpeg into a file that is the same at every run."""
    plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    command = [find_ffmpeg().path, "-v", "error", "-y", *arguments, *plain, str(output)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        with ffmpeg.stdin as pipe:
            pipe.writelines(content)
        if ffmpeg.wait():
            raise SystemExit(f"ffmpeg could not write {output.name}")


def write_clip(scene: Callable[[float], Picture], name: str) -> None:
    """One of the two clips."""
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-"]
    bt709 = ["-vf", "scale=out_color_matrix=bt709", "-pix_fmt", "yuv420p", "-colorspace", "bt709"]
    tags = ["-color_primaries", "bt709", "-color_trc", "bt709", "-movflags", "+faststart"]
    x264 = ["-c:v", "libx264", "-preset", "veryslow", "-crf", "25", "-threads", "1"]
    encode([*raw, *bt709, *tags, *x264], frames(scene), ASSETS / "videos" / name)


def main() -> None:
    """Write all media."""
    for folder in ("videos", "images", "audios"):
        (ASSETS / folder).mkdir(parents=True, exist_ok=True)
    write_clip(morning, f"{STAMP}0a11ce01.mp4")
    write_clip(evening, f"{STAMP}0a11ce02.mp4")
    picture = BytesIO()
    Image.fromarray(pixels(postcard())).resize((800, 450), Image.Resampling.LANCZOS).save(picture, "JPEG", quality=85)
    (ASSETS / "images" / f"{STAMP}0a11ce03.jpg").write_bytes(picture.getvalue())
    raw = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "2", "-i", "-", "-c:a", "libmp3lame", "-b:a", "96k"]
    encode(raw, iter([music().tobytes()]), ASSETS / "audios" / f"{STAMP}0a11ce04.mp3")
    for path in sorted(ASSETS.rglob("*.*")):
        print(f"{path.stat().st_size:>8}  {path.relative_to(ASSETS)}")


if __name__ == "__main__":
    main()
