"""The last steps: join the chunks, check the file, and save a thumbnail."""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.video.frame import VideoFrame

from services.errors import ErrorCode, Failed, failed, mentions_full_disk
from services.render.export import Exported
from services.render.media.containers import input_options
from services.render.picture.graph import container, timescale
from services.render.process.ffmpeg import Ffmpeg, FfmpegFailed, OnFrame, run
from services.render.timeline.scene import Timeline

THUMBNAIL_WIDTH = 640
THUMBNAIL_QUALITY = 3
"""ffmpeg's JPEG quality (2 best, 31 worst)."""
THUMBNAIL_AT = 3
"""The thumbnail is the frame at 1/3 of the video or one of the next: after its opening, and well before its end."""
LONGEST_DRIFT_US = 100_000
"""Maximum difference between the lengths of sound and picture: AAC has frames of 21 ms."""


async def join(
    ffmpeg: Ffmpeg,
    timeline: Timeline,
    exported: Exported,
    folder: Path,
    output: Path,
    on_frame: OnFrame,
    tags: Sequence[str] = (),
) -> None:
    """Join picture and sound without encoding, with the index at the beginning of the file. `tags` are arguments that
    write its metadata. Raises `Failed`.

    A file of a transparent timeline is an intermediate one, and has no sound.
    """
    playlist = folder / "chunks.txt"
    playlist.write_text("\n".join(_playlist(exported.chunks, timeline.rate)) + "\n", encoding="ascii")
    sound = [*input_options("mov"), "-i", str(exported.sound)] if exported.sound and not timeline.clear else []
    index = [] if timeline.clear else ["-movflags", "+faststart"]
    arguments = [
        *(*input_options("concat", container(timeline)), "-i", str(playlist), *sound),
        *("-map", "0:v:0", *(["-map", "1:a:0"] if sound else []), "-c", "copy"),
        *("-video_track_timescale", str(timescale(timeline.rate)), *index),
        *("-map_metadata", "-1", *tags, "-f", container(timeline), str(output)),
    ]
    try:
        await run(ffmpeg, arguments, on_frame)
    except FfmpegFailed as error:
        raise writing_failure(
            error, f"its chunks could not be joined (ffmpeg's exit code: {error.returncode})", "分段无法合并"
        ) from error


def demuxer(timeline: Timeline) -> str:
    """The demuxer of the joined file."""
    return "nut" if timeline.clear else "mov"


def writing_failure(error: FfmpegFailed, en: str, zh: str) -> Failed:
    """The failure of an ffmpeg that writes a file: a full disk, or the given reason."""
    if mentions_full_disk(error.tail):
        return failed(ErrorCode.OUT_OF_DISK, "The disk filled up while the file was written.", "写入文件时磁盘已满。")
    return _broken(en, zh)


def _playlist(chunks: Sequence[tuple[Path, int]], rate: Fraction) -> list[str]:
    """The lines of ffmpeg's concat playlist, with lengths that add up to exact frame times: headers round them to
    milliseconds.
    """
    lines = ["ffconcat version 1.0"]
    frame = 0
    for path, count in chunks:
        start_us, end_us = (round(at * 1_000_000 / rate) for at in (frame, frame + count))
        lines += [f"file {path.name}", f"duration {end_us - start_us}us"]
        frame += count
    return lines


def check(path: Path, timeline: Timeline, *, has_sound: bool) -> None:
    """Raises `Failed` (RENDER_FAILED) unless the file has every frame at its time, and its sound."""
    with av.open(str(path), format=demuxer(timeline)) as container:
        stream = container.streams.video[0]
        base = stream.time_base or Fraction(1)
        times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        sounds = [(track.duration or 0) * (track.time_base or Fraction(1)) for track in container.streams.audio]
        size = (stream.width, stream.height)
    if size != (timeline.width, timeline.height):
        raise _broken(f"it has {size[0]}x{size[1]} pixels", f"尺寸为 {size[0]}x{size[1]}")
    if len(times) != timeline.shown.count:
        raise _broken(f"it has {len(times)} frames instead of {timeline.shown.count}", f"帧数为 {len(times)}")
    ticks, of = (base * timeline.rate).as_integer_ratio()
    if any(4 * abs(time * ticks - index * of) > of for index, time in enumerate(times)):
        raise _broken("its frames are not evenly spaced", "帧时间不均匀")
    drift = [abs(round(length * 1_000_000) - timeline.duration_us) for length in sounds]
    if len(sounds) != int(has_sound) or any(each > LONGEST_DRIFT_US for each in drift):
        raise _broken("its sound and picture differ in length", "声音与画面长度不一致")


def thumbnail(video: Path, output: Path, timeline: Timeline) -> None:
    """Write the thumbnail, a JPEG."""
    at = timeline.shown.count // THUMBNAIL_AT / timeline.rate
    with av.open(str(video), format=demuxer(timeline)) as container:
        container.streams.video[0].codec_context.skip_frame = "NONREF"  # a keyframe may lie hundreds of frames before
        container.seek(round(at * 1_000_000))
        frames = container.decode(video=0)
        frame = next(frame for frame in frames if frame.time >= float(at) - 0.001)
        width = min(THUMBNAIL_WIDTH, frame.width)
        output.write_bytes(_jpeg(frame, width, max(1, round(frame.height * width / frame.width))))


def _jpeg(frame: VideoFrame, width: int, height: int) -> bytes:
    """A frame as JPEG, whose colours are BT.601 in full range."""
    small = frame.reformat(
        width, height, "yuvj420p", dst_colorspace="ITU601", dst_color_range="JPEG", interpolation="AREA"
    )
    encoder = cast("Any", av.CodecContext.create("mjpeg", "w"))  # PyAV's packets have no type
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj420p", Fraction(1)
    encoder.qmin = encoder.qmax = THUMBNAIL_QUALITY
    return b"".join(map(bytes, (*encoder.encode(small), *encoder.encode(None))))


def publish(made: Path, output: Path) -> None:
    """Rename the finished file to `output`, after it is synced to the disk."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(output)
    folder = os.open(output.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _broken(en: str, zh: str) -> Failed:
    return failed(ErrorCode.RENDER_FAILED, f"The rendered file is invalid: {en}.", f"生成的文件无效：{zh}。")
