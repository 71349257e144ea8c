"""Small synthetic media with soft and sharp areas, drawn for every run."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests.oracle.pixels import Pixels
from tests.support.media import TAGS, ffmpeg, ffmpeg_fed

WIDTH, HEIGHT, FPS = 320, 180, 30
CLIP_FRAMES = 60
Color = tuple[float, float, float]
MORNING = ((0.35, 0.6, 0.9), (0.95, 0.85, 0.7), (0.95, 0.8, 0.35), (0.2, 0.45, 0.3))
EVENING = ((0.16, 0.1, 0.35), (0.9, 0.45, 0.35), (1.0, 0.9, 0.8), (0.25, 0.12, 0.3))
"""The sky above and below, the sun, the nearest hills."""
FURROWS = ((26, 4), (-18, 9), (10, 13))
"""Of each row of hills: their number, and positions across and down."""


def media_in(folder: Path) -> None:
    """All files of the features' drafts."""
    folder.mkdir(parents=True, exist_ok=True)
    clip(folder / "morning.mp4", MORNING)
    clip(folder / "evening.mp4", EVENING)
    clip(folder / "tall.mp4", EVENING, width=120, height=180)
    ffmpeg("-i", folder / "morning.mp4", "-vf", "fps=60", "-c:v", "libx264", "-qp", "4", *TAGS, folder / "fast.mp4")
    varied = ("-vf", "setpts='if(lt(N,8),N/30,8/30+(N-8)*0.1)/TB'", "-fps_mode", "vfr", "-frames:v", "20")
    ffmpeg("-i", folder / "morning.mp4", *varied, "-c:v", "libx264", "-qp", "4", *TAGS, folder / "varied.mp4")
    ffmpeg("-i", folder / "tall.mp4", "-vf", "transpose=1", "-c:v", "libx264", "-qp", "4", *TAGS, folder / "turned.mp4")
    ffmpeg("-display_rotation", "90", "-i", folder / "turned.mp4", "-c", "copy", folder / "lying.mp4")
    flat = "fps=10,scale=128:72,split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none"
    ffmpeg("-i", folder / "evening.mp4", "-vf", flat, "-frames:v", "6", folder / "moving.gif")
    photo(folder / "postcard.png")
    table(folder / "dusk.cube")
    badge(folder / "badge.png")
    screened(folder / "screened.png")


def clip(path: Path, colors: tuple[Color, ...], *, width: int = WIDTH, height: int = HEIGHT) -> Path:
    """Two seconds of hills with a moving sun and a balloon."""
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(FPS), "-i", "-")
    matrix = ("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p")
    frames = b"".join(_bytes(landscape(width, height, number / CLIP_FRAMES, colors)) for number in range(CLIP_FRAMES))
    ffmpeg_fed(frames, *raw, *matrix, "-c:v", "libx264", "-qp", "4", "-g", "12", *TAGS, path)
    return path


def landscape(width: int, height: int, part: float, colors: tuple[Color, ...]) -> Pixels:
    """Hills under a sky; `part` 0..1 moves the sun and the balloon."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = (x + 0.5) / width, (y + 0.5) / height
    high, low, sun, near = (np.array(each) for each in colors)
    picture = high + (low - high) * y[..., None]
    picture = _spot(
        picture, _disc(x, y, 0.2 + 0.6 * part, 0.35 - 0.15 * np.sin(np.pi * part), 0.09, width, height), sun
    )
    for ridge in range(3):
        top = 0.55 + 0.13 * ridge + 0.06 * np.sin(2 * np.pi * (x * (1.3 + 0.8 * ridge) + 0.31 * ridge))
        shade = low + (near - low) * (ridge + 1) / 3
        across, down = FURROWS[ridge]
        furrows = 1 + 0.12 * np.sin(2 * np.pi * (x * across + y * down))
        picture = _spot(picture, np.clip((y - top) * height + 0.5, 0, 1), shade * furrows[..., None])
    balloon = _disc(x, y, 0.75 - 0.3 * part, 0.3 + 0.1 * part, 0.07, width, height)
    return np.asarray(np.clip(_spot(picture, balloon, np.array((0.85, 0.2, 0.2))), 0, 1), np.float32)


def photo(path: Path) -> Path:
    """A picture of three to two with stripes, a cross and a disc."""
    image = Image.new("RGB", (960, 640), (235, 228, 214))
    draw = ImageDraw.Draw(image)
    for column in range(8):
        draw.rectangle((column * 120, 460, column * 120 + 119, 640), fill=(30 * column + 20, 90, 220 - 25 * column))
    draw.ellipse((90, 60, 430, 400), fill=(40, 130, 170))
    draw.polygon(((520, 400), (700, 60), (880, 400)), fill=(200, 120, 40))
    draw.line((0, 430, 960, 430), fill=(60, 40, 40), width=16)
    image.resize((240, 160), Image.Resampling.LANCZOS).save(path)
    return path


def badge(path: Path) -> Path:
    """A ring and a bar on a transparent ground, half transparent in the middle."""
    image = Image.new("RGBA", (400, 400), (240, 200, 40, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 380, 380), fill=(240, 200, 40, 255))
    draw.ellipse((90, 90, 310, 310), fill=(40, 60, 160, 128))
    draw.rectangle((180, 40, 220, 360), fill=(220, 40, 60, 255))
    image.resize((100, 100), Image.Resampling.LANCZOS).save(path)
    return path


def screened(path: Path) -> Path:
    """A figure before a green screen."""
    image = Image.new("RGB", (WIDTH * 2, HEIGHT * 2), (0, 200, 60))
    draw = ImageDraw.Draw(image)
    draw.ellipse((190, 40, 320, 170), fill=(230, 180, 150))
    draw.rounded_rectangle((150, 150, 360, 288), 30, fill=(180, 50, 90))
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(path)
    return path


def table(path: Path, side: int = 9) -> Path:
    """A colour table: shadows become blue, lights yellow."""
    steps = [step / (side - 1) for step in range(side)]
    colors = ((red, green, blue) for blue in steps for green in steps for red in steps)
    lines = (f"{red**1.3:.6f} {0.05 + 0.9 * green:.6f} {0.2 + 0.6 * blue:.6f}" for red, green, blue in colors)
    path.write_text("\n".join(['TITLE "dusk"', f"LUT_3D_SIZE {side}", *lines, ""]), encoding="utf-8")
    return path


def _disc(x: Pixels, y: Pixels, center_x: float, center_y: float, radius: float, width: int, height: int) -> Pixels:
    """A disc with a smooth edge; `radius` is a part of the width."""
    away = np.hypot((x - center_x) * width, (y - center_y) * height)
    return np.asarray(np.clip(radius * width - away + 0.5, 0, 1))


def _spot(picture: Pixels, where: Pixels, color: Pixels) -> Pixels:
    return np.asarray(picture + (color - picture) * where[..., None])


def _bytes(picture: Pixels) -> bytes:
    return np.round(picture * 255).astype(np.uint8).tobytes()
