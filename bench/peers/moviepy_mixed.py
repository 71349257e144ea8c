"""The mixed scene with MoviePy 2, as its documentation would have it: `python moviepy_mixed.py SCENE.json OUTPUT`."""
# moviepy is only in the bench's own environment, and has no types:
# pyright: basic, reportMissingImports=false

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from moviepy import (  # type: ignore[import-not-found]  # only in the bench's own environment
    CompositeVideoClip,
    ImageClip,
    TextClip,
    VideoFileClip,
    vfx,
)
from PIL import Image, ImageFilter


def main(scene: dict[str, Any], output: str) -> None:
    """Compose and write."""
    folder, width, height = Path(scene["folder"]), scene["width"], scene["height"]
    seconds = float(scene["seconds"])
    clip = VideoFileClip(str(folder / scene["clip"])).with_duration(seconds)

    def blurred(frame: Any) -> Any:
        small = Image.fromarray(frame).resize((width // 4, height // 4))
        small = small.filter(ImageFilter.GaussianBlur(scene["blur_sigma"] / 4))
        return np.asarray(small.resize((width, height)))

    middle = clip.h * width / height
    back = clip.cropped(x_center=clip.w / 2, width=middle).image_transform(blurred)
    (x, y, wide, turn), (to_x, to_y, to_wide, to_turn) = scene["pip_from"], scene["pip_to"]

    def at(start: float, end: float, t: float) -> float:
        return start + (end - start) * t / seconds

    pip = VideoFileClip(str(folder / scene["pip"]), audio=False).with_mask().with_duration(seconds)
    pip_width = pip.w
    pip = pip.with_effects([vfx.Resize(lambda t: at(wide, to_wide, t) / pip_width)])
    pip = pip.with_effects([vfx.Rotate(lambda t: -at(turn, to_turn, t), expand=True)])
    sizes = pip.get_frame

    def corner(t: float) -> tuple[float, float]:
        shape = sizes(t).shape
        return at(x, to_x, t) - shape[1] / 2, at(y, to_y, t) - shape[0] / 2

    left, top, photo_width, photo_height = scene["photo_box"]
    photo = ImageClip(str(folder / scene["photo"])).resized((photo_width, photo_height)).with_position((left, top))
    text = TextClip(
        font=scene["font"],
        text=scene["caption"],
        font_size=scene["caption_px"],
        color="white",
        stroke_color="black",
        stroke_width=scene["outline_px"],
        margin=(12, 24),
    )
    text = text.with_position(("center", scene["caption_y"] - text.h / 2))
    layers = [back, clip.resized(width=width).with_position("center"), pip.with_position(corner), photo, text]
    whole = CompositeVideoClip([layer.with_duration(seconds) for layer in layers], size=(width, height))
    whole = whole.with_audio(clip.audio)
    whole.write_videofile(
        output,
        fps=scene["rate"],
        codec="libx264",
        preset="veryfast",
        audio_codec="aac",
        ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p"],
        logger=None,
    )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
