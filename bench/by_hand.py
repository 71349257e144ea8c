"""Hand-written ffmpeg commands for the same pictures, as an expert would type them."""

from pathlib import Path

from bench.scenes import AAC, FONT, QUIET, X264, Cuts, Mixed


def mixed_command(scene: Mixed, ffmpeg: str, output: Path) -> list[str]:
    """The mixed scene in one graph. The background is blurred at a quarter of its size, without visible difference."""
    inputs = ["-i", str(scene.folder / scene.clip), "-i", str(scene.folder / scene.pip)]
    photo = ["-i", str(scene.folder / scene.photo)]
    ending = ["-map", "[v]", "-map", "0:a", "-t", str(scene.seconds), *X264, *AAC, str(output)]
    return [ffmpeg, *QUIET, *inputs, *photo, "-filter_complex", mixed_graph(scene), *ending]


def mixed_graph(scene: Mixed) -> str:
    """The filters of the mixed scene."""
    width, height, share = scene.width, scene.height, f"n/{scene.seconds * scene.rate:g}"
    small = f"{width // 4}:{height // 4}"
    left, top, photo_width, photo_height = scene.photo_box
    ways = zip(scene.pip_from, scene.pip_to, strict=True)
    x, y, pip_width, turn = (f"({start}+{end - start}*{share})" for start, end in ways)
    diagonal = scene.pip_to[2] * (1 + (9 / 16) ** 2) ** 0.5
    side = 2 * int(diagonal / 2 + 2)
    blurred = f"gblur=sigma={scene.blur_sigma / 4},scale={width}:{height}:flags=bilinear"
    turned = f"pad={side}:{side}:(ow-iw)/2:(oh-ih)/2:black@0:eval=frame,rotate=a='{turn}*PI/180':c=black@0"
    to_tv = "out_color_matrix=bt709:out_range=tv,format=yuv420p"
    letters = f"fontfile={FONT}:text={scene.caption}:fontsize={scene.caption_px}:fontcolor=white"
    outline = f"borderw={scene.outline_px}:bordercolor=black:x=(w-tw)/2:y={scene.caption_y}-th/2"
    return ";".join(
        [
            "[0:v]split[a][b]",
            f"[a]scale={small}:force_original_aspect_ratio=increase,crop={small},{blurred}[back]",
            f"[b]scale={width}:-2[clip]",
            f"[1:v]scale=w='2*round({pip_width}/2)':h=-2:eval=frame,format=yuva420p,{turned}[pip]",
            f"[2:v]trim=end_frame=1,scale={photo_width}:{photo_height}:{to_tv}[photo]",
            "[back][clip]overlay=0:(H-h)/2[one]",
            f"[one][pip]overlay=x='{x}-w/2':y='{y}-h/2'[two]",
            f"[two][photo]overlay={left}:{top}[three]",
            f"[three]drawtext={letters}:{outline}[v]",
        ]
    )


def cuts_command(scene: Cuts, ffmpeg: str, output: Path) -> list[str]:
    """The clips joined by the concat demuxer and encoded again."""
    listed = output.with_suffix(".txt")
    listed.write_text(
        "".join(
            f"file '{scene.folder / name}'\ninpoint {start}\noutpoint {start + scene.clip_seconds}\n"
            for name, start in scene.clips
        )
    )
    return [ffmpeg, *QUIET, "-f", "concat", "-safe", "0", "-i", str(listed), *X264, *AAC, str(output)]
