"""The mixed scene with PyAV, Skia and NumPy: `python skia_mixed.py SCENE.json OUTPUT`. Its sound is copied."""
# skia is only in the bench's own environment, and has no types:
# pyright: basic, reportMissingImports=false

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import skia  # type: ignore[import-not-found]  # only in the bench's own environment

LINEAR = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kNone)


def main(scene: dict[str, Any], output: str) -> None:
    """Decode, draw, encode, frame by frame."""
    folder, width, height = Path(scene["folder"]), scene["width"], scene["height"]
    clips = pictures(folder / scene["clip"], width, width * 9 // 16)
    backs = covers(folder / scene["clip"], width // 4, height // 4)
    pips = pictures(folder / scene["pip"], None, None)
    photo = skia.Image.open(str(folder / scene["photo"])).resize(*scene["photo_box"][2:])
    surface, small = skia.Surface(width, height), skia.Surface(width // 4, height // 4)
    blur = skia.Paint(ImageFilter=skia.ImageFilters.Blur(scene["blur_sigma"] / 4, scene["blur_sigma"] / 4))
    caption = skia.TextBlob(scene["caption"], skia.Font(skia.Typeface.MakeFromFile(scene["font"]), scene["caption_px"]))
    with av.open(output, "w") as container, av.open(str(folder / scene["clip"])) as sound:
        stream = container.add_stream("libx264", scene["rate"], options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 0
        track = container.add_stream_from_template(sound.streams.audio[0])
        for number in range(round(scene["seconds"] * scene["rate"])):
            with small as canvas:
                canvas.drawImage(next(backs), 0, 0, LINEAR, blur)
            with surface as canvas:
                canvas.drawImageRect(small.makeImageSnapshot(), skia.Rect(0, 0, width, height), LINEAR)
                canvas.drawImage(next(clips), 0, (height - width * 9 // 16) / 2)
                picture_in_picture(canvas, next(pips), scene, number)
                canvas.drawImage(photo, *scene["photo_box"][:2])
                write(canvas, caption, scene)
            drawn = av.VideoFrame.from_ndarray(surface.toarray(colorType=skia.kRGBA_8888_ColorType), "rgba")
            container.mux(stream.encode(drawn))
        container.mux(stream.encode())
        for packet in sound.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                container.mux(packet)


def picture_in_picture(canvas: Any, picture: Any, scene: dict[str, Any], number: int) -> None:
    """Scaled, turned and placed for one frame."""
    share = number / (scene["seconds"] * scene["rate"])
    x, y, width, turn = (
        start + (end - start) * share for start, end in zip(scene["pip_from"], scene["pip_to"], strict=True)
    )
    height = width * picture.height() / picture.width()
    canvas.save()
    canvas.translate(x, y)
    canvas.rotate(turn)
    canvas.drawImageRect(picture, skia.Rect.MakeXYWH(-width / 2, -height / 2, width, height), LINEAR)
    canvas.restore()


def write(canvas: Any, caption: Any, scene: dict[str, Any]) -> None:
    """The caption with its outline."""
    x = (scene["width"] - caption.bounds().width()) / 2
    outline = skia.Paint(Color=skia.ColorBLACK, Style=skia.Paint.kStroke_Style, StrokeWidth=2 * scene["outline_px"])
    for paint in (outline, skia.Paint(Color=skia.ColorWHITE, AntiAlias=True)):
        canvas.drawTextBlob(caption, x, scene["caption_y"] + scene["caption_px"] * 0.35, paint)


def pictures(path: Path, width: int | None, height: int | None) -> Iterator[Any]:
    """The frames of a file, scaled by its decoder's own library."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            yield skia.Image.fromarray(frame.to_ndarray(format="rgba", width=width, height=height))


def covers(path: Path, width: int, height: int) -> Iterator[Any]:
    """Small frames that cover the canvas; decoded a second time, which is cheaper than to scale them by hand."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            wide = round(frame.width * height / frame.height)
            left = (wide - width) // 2
            small = frame.to_ndarray(format="rgba", width=wide, height=height)
            yield skia.Image.fromarray(np.ascontiguousarray(small[:, left : left + width]))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
