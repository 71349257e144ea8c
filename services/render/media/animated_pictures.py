"""Animated PNG, WebP and AVIF, decoded with Pillow into a lossless video that ffmpeg reads.

Not every supported ffmpeg decodes these. GIFs are decoded by ffmpeg.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from services.errors import Bilingual
from services.render.media.color_profiles import tagged
from services.render.media.errors import too_large, unreadable
from services.render.media.hdr import Colors
from services.render.media.photos import drawable, drawn_size, open_photo, upright_size
from services.render.media.probe import MAX_GIF_FRAMES, MAX_VIDEO_PIXELS, Footage

MAX_ANIMATION_PIXELS = 2_000_000_000
"""Of all frames together: half a minute of 1920x1080 at 30 frames a second."""
_SHORTEST_US, _USUAL_US = 10_000, 100_000
"""Browsers show frames of this length or less for a tenth of a second."""
_TICK = Fraction(1, 1_000_000)
_READERS = ("PNG", "WEBP", "AVIF")


def is_animation(path: Path) -> bool:
    """Whether a file that Pillow reads is an animation. Raises `BadMedia`."""
    with open_photo(path) as image:
        return image.format in _READERS and len(_shown(image)) > 1


def prepare_animation(path: Path, output: Path, *, shrink: float) -> Footage:
    """Write the frames as a video with alpha, scaled by `shrink` (0..1). Raises `BadMedia`."""
    with open_photo(path) as image:
        _check(image)
        width, height = upright_size(image)
        size = drawn_size(width, height, shrink)
        try:
            lengths_us, losses = _write(image, output, size, tagged(path))
        except Exception as error:
            if isinstance(error, MemoryError) or getattr(error, "errno", None):
                raise
            raise unreadable(f"the picture is damaged ({error})", f"图片已损坏（{error}）") from None
    return Footage(
        path=output,
        demuxer="nut",
        stream=0,
        width=width,
        height=height,
        pixel_width=size[0],
        pixel_height=size[1],
        last_frame_us=sum(lengths_us[:-1]),
        end_us=sum(lengths_us),
        matrix=None,
        has_alpha=True,
        loop_frames=len(lengths_us),
        losses=losses,
    )


def _shown(image: Image.Image) -> range:
    """The numbers of the animation's frames, without the fallback picture of an APNG."""
    return range(int(getattr(image, "default_image", False)), int(getattr(image, "n_frames", 1)))


def _check(image: Image.Image) -> None:
    frames, pixels = len(_shown(image)), image.width * image.height
    if frames > MAX_GIF_FRAMES:
        raise too_large(f"it has more than {MAX_GIF_FRAMES} frames", f"帧数超过 {MAX_GIF_FRAMES}")
    if pixels > MAX_VIDEO_PIXELS:
        raise too_large(
            f"its frames have {image.width}x{image.height} pixels; at most {MAX_VIDEO_PIXELS} are allowed",
            f"画面为 {image.width}x{image.height} 像素，最多允许 {MAX_VIDEO_PIXELS} 像素",
        )
    if frames * pixels > MAX_ANIMATION_PIXELS:
        raise too_large(
            f"its {frames} frames have {frames * pixels:,} pixels; at most {MAX_ANIMATION_PIXELS:,} are allowed",
            f"共 {frames} 帧、{frames * pixels:,} 像素，最多允许 {MAX_ANIMATION_PIXELS:,} 像素",
        )


def _write(
    image: Image.Image, output: Path, size: tuple[int, int], colors: Colors | None
) -> tuple[list[int], tuple[Bilingual, ...]]:
    """Write the frames. Returns their lengths in µs, and losses of quality."""
    lengths_us: list[int] = []
    losses: dict[Bilingual, None] = {}
    with av.open(str(output), "w", format="nut") as opened:
        target: Any = opened  # PyAV's types of packets are incomplete
        stream = target.add_stream("ffv1", rate=30, options={"level": "3", "slices": "4"})
        stream.width, stream.height, stream.pix_fmt = *size, "bgra"
        stream.time_base = stream.codec_context.time_base = _TICK
        for length_us, picture in _frames(image):
            flat = drawable(picture, size, colors)
            losses |= dict.fromkeys(flat.losses)
            frame = av.VideoFrame.from_bytes(flat.image.convert("RGBA").tobytes(), *size, format="rgba")
            frame.pts, frame.time_base = sum(lengths_us), _TICK
            target.mux(stream.encode(frame))
            lengths_us.append(length_us)
        target.mux(stream.encode())
    return lengths_us, tuple(losses)


def _frames(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Each complete frame with its length in µs."""
    for number in _shown(image):
        image.seek(number)
        image.load()
        length_us = round(1000 * float(image.info.get("duration", 0)))
        yield (length_us if length_us > _SHORTEST_US else _USUAL_US), image.copy()
