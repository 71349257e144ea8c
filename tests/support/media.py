"""Stand-in media whose every frame, corner and second can be told apart."""

import struct
import subprocess
import zlib
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw

from services.render.process.ffmpeg import find_ffmpeg

FFMPEG = find_ffmpeg().path
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 30), (30, 30, 220), (230, 220, 30)
WHITE, BLACK, GRAY = (255, 255, 255), (0, 0, 0), (128, 128, 128)
QUADRANTS = (RED, GREEN, BLUE, YELLOW)
"""Top left, top right, bottom left, bottom right."""
DARKEST, STEP = 20, 3
"""Luma of frame 0 of a counting video, and what each further frame adds."""
TAGS = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg; fails loudly."""
    subprocess.run([FFMPEG, "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, timeout=60)


def ffmpeg_fed(data: bytes, *arguments: str | Path) -> None:
    """Run ffmpeg with something on its stdin; fails loudly."""
    command = [FFMPEG, "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, input=data, check=True, timeout=60)


def counting_video(
    path: Path,
    *,
    seconds: float = 2,
    size: str = "320x180",
    fps: str = "30",
    hertz: int = 0,
    options: Iterable[str] = (),
) -> Path:
    """A grey video: frame n has luma DARKEST + STEP * n, so at most 70 frames. `hertz` adds a sine of 0.25."""
    gray = f"color=gray:s={size}:r={fps}:d={seconds},format=yuv420p,geq=lum='{DARKEST}+{STEP}*N':cb=128:cr=128"
    sound = ("-f", "lavfi", "-i", sine(hertz, seconds)) if hertz else ()
    codec = ("-c:v", "libx264", "-qp", "2", "-g", "12", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k")
    ffmpeg("-f", "lavfi", "-i", gray, *sound, *codec, *TAGS, *options, path)
    return path


def sine(hertz: int, seconds: float, amplitude: float = 0.25) -> str:
    """A lavfi source: a stereo sine."""
    wave = f"{amplitude}*sin(2*PI*{hertz}*t)"
    return f"aevalsrc='{wave}|{wave}':s=48000:d={seconds}"


def tone(path: Path, hertz: int, seconds: float, amplitude: float = 0.25) -> Path:
    """A sound file of one sine; its kind comes from the path's ending."""
    ffmpeg("-f", "lavfi", "-i", sine(hertz, seconds, amplitude), "-b:a", "192k", path)
    return path


def rising_tones(path: Path) -> Path:
    """Four half seconds of 500, 1000, 1500 and 2000 Hz."""
    wave = "0.25*sin(2*PI*500*(1+floor(t*2))*t)"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{wave}|{wave}':s=48000:d=2", "-b:a", "192k", path)
    return path


def quadrants(path: Path, width: int = 320, height: int = 180, exif_orientation: int = 0) -> Path:
    """A picture of four colours; with an EXIF orientation, one that is stored turned so that it shows upright."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, color in enumerate(QUADRANTS):
        x, y = index % 2 * width // 2, index // 2 * height // 2
        draw.rectangle((x, y, x + width // 2, y + height // 2), fill=color)
    exif = Image.Exif()
    if exif_orientation:
        assert exif_orientation == 6, "turned a quarter counterclockwise, to be shown turned clockwise"
        image = image.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = exif_orientation
    image.save(path, quality=98, exif=exif)
    return path


def plain(path: Path, color: tuple[int, ...], width: int = 320, height: int = 180) -> Path:
    """A picture of one colour, with its alpha if it has one."""
    Image.new("RGBA" if len(color) == 4 else "RGB", (width, height), color).save(path)
    return path


def huge_png(path: Path, side: int) -> Path:
    """A small file of a very large black picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packed = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    body = b"".join([*(packed.compress(row) for _ in range(side)), packed.flush()])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


def long_gif(path: Path, frames: int) -> Path:
    """A tiny GIF of many frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x21\xf9\x04\x04\x05\0\0\0" + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0"
    path.write_bytes(head + frame * frames + b";")
    return path
