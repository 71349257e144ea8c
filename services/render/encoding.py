"""ffmpeg arguments that encode the picture, and those that convert a finished file to another format."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from services.errors import Bilingual
from services.output import CLEAR, Output, OutputFormat, Quality
from services.render.process.ffmpeg import Ffmpeg

H264, HEVC, AV1, VP9, PRORES = "libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks"
_H264: Mapping[Quality, tuple[str, ...]] = {
    Quality.DRAFT: ("-preset", "ultrafast", "-crf", "26"),
    Quality.STANDARD: ("-preset", "veryfast", "-crf", "20"),
    Quality.HIGH: ("-preset", "medium", "-crf", "16"),
}
"""STANDARD is slightly better than visible, at about a twentieth of a core-second per frame of 720p."""
_HEVC: Mapping[Quality, tuple[str, ...]] = {
    Quality.DRAFT: ("-preset", "ultrafast", "-crf", "30"),
    Quality.STANDARD: ("-preset", "fast", "-crf", "24"),
    Quality.HIGH: ("-preset", "medium", "-crf", "19"),
}
_AV1: Mapping[Quality, tuple[str, ...]] = {
    Quality.DRAFT: ("-preset", "12", "-crf", "42"),
    Quality.STANDARD: ("-preset", "10", "-crf", "32"),
    Quality.HIGH: ("-preset", "7", "-crf", "24"),
}
_VP9: Mapping[Quality, tuple[str, ...]] = {
    Quality.DRAFT: ("-deadline", "realtime", "-cpu-used", "8", "-crf", "38"),
    Quality.STANDARD: ("-deadline", "good", "-cpu-used", "5", "-crf", "28"),
    Quality.HIGH: ("-deadline", "good", "-cpu-used", "3", "-crf", "20"),
}
_PALETTE = (
    "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle"
)
_PLAIN_YUV = ("-pix_fmt", "yuv420p")
COLOR_TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
_TAGGED = ("-vf", "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709", *COLOR_TAGS)
"""The transparent intermediate file has no tags: without them ffmpeg would convert its colours."""
NEEDED_ENCODERS: Mapping[OutputFormat, str] = {
    OutputFormat.MP4_HEVC: HEVC,
    OutputFormat.MP4_AV1: AV1,
    OutputFormat.WEBM_ALPHA: VP9,
    OutputFormat.PRORES_4444: PRORES,
    OutputFormat.GIF: "gif",
    OutputFormat.WEBP: "libwebp_anim",
}
"""Encoders of ffmpeg that formats need besides x264 and AAC."""


def encoder(output: Output) -> tuple[str, ...]:
    """Arguments that encode the chunks of an opaque picture; most formats are converted from H.264 afterwards."""
    if output.format is OutputFormat.MP4_HEVC:
        return ("-c:v", HEVC, *_HEVC[output.quality], "-tag:v", "hvc1", "-x265-params", "log-level=error", *_PLAIN_YUV)
    if output.format is OutputFormat.MP4_AV1:
        return ("-c:v", AV1, *_AV1[output.quality], *_PLAIN_YUV)
    return ("-c:v", H264, *_H264[output.quality], *_PLAIN_YUV)


def unwritable(ffmpeg: Ffmpeg, format_: OutputFormat) -> Bilingual | None:
    """The reason why an ffmpeg cannot write a format; None if it can."""
    needed = NEEDED_ENCODERS.get(format_)
    if needed is None or ffmpeg.encodes(needed):
        return None
    return Bilingual(
        f"ffmpeg {ffmpeg.version} ({ffmpeg.why}) cannot write {format_}: it was built without {needed}",
        f"ffmpeg {ffmpeg.version} 无法写入 {format_}：缺少编码器 {needed}",
    )


STANDARD_ENCODER = encoder(Output())


def converts(output: Output) -> bool:
    """Whether the joined file is converted to another format."""
    return output.format in CLEAR or output.format in (OutputFormat.GIF, OutputFormat.WEBP)


def conversion(output: Output, made: Path, sound: Path | None, target: Path, tags: Sequence[str] = ()) -> list[str]:
    """Arguments that write the joined file `made`, and the sound of a transparent one, in the output's format. `tags`
    write its metadata.
    """
    opened = ["-i", str(made), *(["-i", str(sound)] if sound else [])]
    mapped = ["-map", "0:v:0", *(["-map", "1:a:0"] if sound else [])]
    match output.format:
        case OutputFormat.WEBM_ALPHA:
            coded = ["-c:v", VP9, *_VP9[output.quality], "-b:v", "0", "-row-mt", "1", "-auto-alt-ref", "0", *_TAGGED]
            return [
                *opened,
                *mapped,
                *coded,
                "-pix_fmt",
                "yuva420p",
                "-c:a",
                "libopus",
                *tags,
                "-f",
                "webm",
                str(target),
            ]
        case OutputFormat.PRORES_4444:
            coded = ["-c:v", PRORES, "-profile:v", "4444", "-pix_fmt", "yuva444p10le", *_TAGGED, "-c:a", "pcm_s16le"]
            return [*opened, *mapped, *coded, *tags, "-f", "mov", str(target)]
        case OutputFormat.GIF:
            return [*opened, "-filter_complex", _PALETTE, "-f", "gif", str(target)]
        case _:
            coded = ["-c:v", "libwebp_anim", "-quality", "80", "-compression_level", "2", "-loop", "0"]
            return [*opened, *mapped, *coded, "-f", "webp", str(target)]
