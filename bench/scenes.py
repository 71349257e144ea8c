"""The drafts of the benches, with media made by ffmpeg in a temporary folder."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from tests.support.drafts import DraftBuilder, solid

FONT = Path(__file__).parent.parent / "assets" / "fonts" / "NotoSansSC-Bold.ttf"
TAGS = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", *TAGS)
"""The encoder's settings of services/render/picture/graph.py, for the compared programs."""
AAC = ("-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2")
QUIET = ("-v", "error", "-nostdin", "-y")
S = 1_000_000
CAPTION = "你好世界，今天天气很好"


@dataclass(frozen=True, slots=True)
class Scene:
    """A draft in a folder, and how long it is."""

    folder: Path
    seconds: float


SceneT = TypeVar("SceneT", bound=Scene)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed(Scene):
    """The mixed scene for the compared programs, with sizes and positions in canvas pixels.

    The picture in picture moves from one place, size and angle to the other, evenly.
    """

    clip: str = "clip.mp4"
    pip: str = "pip.mp4"
    photo: str = "photo.jpg"
    width: int = 1080
    height: int = 1920
    rate: int = 30
    blur_sigma: float = 21.6
    pip_from: tuple[float, float, float, float] = (380.0, 1500.0, 432.0, -10.0)
    """Centre x and y, width, degrees clockwise."""
    pip_to: tuple[float, float, float, float] = (700.0, 1340.0, 648.0, 20.0)
    photo_box: tuple[int, int, int, int] = (270, 180, 540, 406)
    """Left, top, width, height."""
    caption: str = CAPTION
    caption_y: int = 1740
    caption_px: int = 62
    outline_px: int = 5


def mixed(folder: Path, ffmpeg: str, seconds: float = 10) -> Mixed:
    """A blurred background, the fitted clip, a picture in picture that moves, grows and turns, a photo, a caption."""
    scene = Mixed(folder, seconds)
    moving_picture(folder / scene.clip, ffmpeg, "1920x1080", seconds, sound=True)
    moving_picture(folder / scene.pip, ffmpeg, "1280x720", seconds)
    _photo(folder / scene.photo, 1600, 1204)
    draft, length = DraftBuilder(scene.width, scene.height, scene.rate), round(seconds * S)
    draft.video(scene.clip, 0, length).using("canvases", type="canvas_blur", blur=0.375)
    draft.video(scene.pip, 0, length, track="pip", common_keyframes=_keyframes(scene, length), render_index=1)
    left, top, width, height = scene.photo_box
    at = {"x": (left + width / 2) / scene.width * 2 - 1, "y": 1 - (top + height / 2) / scene.height * 2}
    scale = {"x": width / scene.width, "y": width / scene.width}
    draft.photo(scene.photo, 0, length, track="photo", clip={"scale": scale, "transform": at}, render_index=2)
    styles = [
        {
            "range": [0, len(CAPTION)],
            "size": 10,
            "bold": True,
            "fill": solid(1.0, 1.0, 1.0),
            "strokes": [{"width": 0.08, "content": solid(0.0, 0.0, 0.0)["content"]}],
        }
    ]
    at = {"x": 0.0, "y": 1 - scene.caption_y / scene.height * 2}
    draft.text(CAPTION, 0, length, styles=styles, clip={"transform": at}, render_index=15_000)
    return _saved(scene, draft)


def _keyframes(scene: Mixed, length: int) -> list[dict[str, object]]:
    (x, y, width, turn), (to_x, to_y, to_width, to_turn) = scene.pip_from, scene.pip_to
    moves = {
        "KFTypePositionX": (x / scene.width * 2 - 1, to_x / scene.width * 2 - 1),
        "KFTypePositionY": (1 - y / scene.height * 2, 1 - to_y / scene.height * 2),
        "KFTypeScaleX": (width / scene.width, to_width / scene.width),
        "KFTypeRotation": (turn, to_turn),
    }
    return [
        {
            "property_type": name,
            "keyframe_list": [
                {"time_offset": offset, "values": [value], "curveType": "Line"}
                for offset, value in zip((0, length), values, strict=True)
            ],
        }
        for name, values in moves.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts(Scene):
    """Clips one after the other: file and where it begins in it, each as long as the others, in seconds."""

    clips: tuple[tuple[str, float], ...]
    clip_seconds: float


def cuts(folder: Path, ffmpeg: str, *, count: int = 20, clip_seconds: float = 3.0, on_keyframes: bool = False) -> Cuts:
    """Cuts of four files of the canvas's own size; keyframes stand at every second of them."""
    seconds = count / 4 * clip_seconds + 1
    for number in range(4):
        moving_picture(folder / f"{number}.mp4", ffmpeg, "1280x720", seconds, sound=True, hue=number * 60)
    off = 0.0 if on_keyframes else 0.4
    clips = tuple((f"{index % 4}.mp4", index // 4 * clip_seconds + off) for index in range(count))
    draft = DraftBuilder(1280, 720, 30)
    for index, (name, start_s) in enumerate(clips):
        start, length = round(index * clip_seconds * S), round(clip_seconds * S)
        draft.video(name, start, length, source_start_us=round(start_s * S))
    return _saved(Cuts(folder, count * clip_seconds, clips=clips, clip_seconds=clip_seconds), draft)


LONG_MEDIA = (*(f"{number}.mp4" for number in range(5)), "music.mp3")


def long_media(folder: Path, ffmpeg: str, *, minutes: float, width: int = 1080) -> None:
    """What `long` is made of."""
    *clips, song = LONG_MEDIA
    for number, name in enumerate(clips):
        moving_picture(folder / name, ffmpeg, f"{width}x{width * 16 // 9}", 8, sound=True, hue=number * 72)
    music = ("-f", "lavfi", "-i", f"sine=330:d={60 * minutes}", "-ac", "2")
    subprocess.run([ffmpeg, *QUIET, *music, folder / song], check=True)


def long(folder: Path, media: Path, *, minutes: float, width: int = 1080) -> Scene:
    """Thirty cuts a minute of upright files, a caption over each, and music under all of them."""
    count, length = round(30 * minutes), 2 * S
    for name in LONG_MEDIA:
        (folder / name).hardlink_to(media / name)
    draft = DraftBuilder(width, width * 16 // 9, 30)
    for index in range(count):
        draft.video(LONG_MEDIA[index % 5], index * length, length, source_start_us=index % 6 * S + 300_000)
        draft.text(f"第 {index} 句字幕", index * length, length, clip={"transform": {"x": 0.0, "y": -0.8}})
    draft.audio(LONG_MEDIA[-1], 0, count * length, volume=0.3)
    return _saved(Scene(folder, count * 2), draft)


def moving_picture(path: Path, ffmpeg: str, size: str, seconds: float, *, sound: bool = False, hue: int = 0) -> None:
    """A video with edges, gradients and a little grain, as from a camera; a keyframe every second."""
    picture = f"testsrc2=s={size}:r=30:d={seconds},hue=h={hue},boxblur=3:1,noise=alls=6:allf=t,format=yuv420p"
    tone = ("-f", "lavfi", "-i", f"sine=440:d={seconds}:r=48000") if sound else ()
    x264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-force_key_frames", "expr:gte(t,n_forced)", *TAGS)
    subprocess.run([ffmpeg, *QUIET, "-f", "lavfi", "-i", picture, *tone, *x264, *AAC, path], check=True)


def _photo(path: Path, width: int, height: int) -> None:
    gradient = Image.linear_gradient("L").resize((width, height))
    Image.merge("RGB", (gradient, gradient.rotate(180), gradient.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).save(path)


def _saved(scene: SceneT, draft: DraftBuilder) -> SceneT:
    (scene.folder / "draft_content.json").write_bytes(draft.bytes())
    return scene


def told(scene: Mixed) -> str:
    """The mixed scene as JSON, for programs of other environments."""
    names = Mixed.__dataclass_fields__
    return json.dumps({name: getattr(scene, name) for name in names} | {"folder": str(scene.folder), "font": str(FONT)})
