"""A picture of any file type is drawn with its alpha, frames and pixels, or a warning names the loss."""

import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support import icc, media, pngs
from tests.support.drafts import DraftBuilder
from tests.support.ffmpegs import used_ffmpeg
from tests.support.heic import heic
from tests.support.media import BLUE, GREEN, QUADRANTS, RED, YELLOW
from tests.support.render import Rendered, render
from tests.support.video import Video, near

WIDTH, HEIGHT = 160, 90
SLOT_US, SLOT_FRAMES = 200_000, 6
UNDER = (20, 40, 200)
PHOTOS = (".heic", ".png", ".jpg", ".tif", ".webp", ".avif", ".bmp")
HALF_CLEAR = (
    f"color=black:s={WIDTH}x{HEIGHT}:r=10:d=0.4,format=rgba,"
    f"geq=r={RED[0]}:g={RED[1]}:b={RED[2]}:a='if(lt(X,{WIDTH // 2}),255,128)'"
)
"""Red, of which the right half lets half of what is below through."""
CORNERS = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))


def one_after_the_other(
    folder: Path, files: Sequence[Path], *, slot_us: int = SLOT_US, kind: str = "", **changes: Any
) -> Rendered:
    """The files, a slot each, over a blue ground."""
    media.plain(folder / "ground.png", UNDER)
    draft = DraftBuilder(WIDTH, HEIGHT).photo("ground.png", 0, slot_us * len(files), track="ground")
    for number, path in enumerate(files):
        as_kind = kind or ("photo" if path.suffix in PHOTOS else "video")
        draft.video(path.name, number * slot_us, slot_us, kind=as_kind)
    return render(folder, draft, **changes)


def middle(slot: int) -> int:
    return slot * SLOT_FRAMES + SLOT_FRAMES // 2


def half(color: Iterable[int]) -> tuple[int, ...]:
    """A colour at half opacity over the ground."""
    return tuple(round((part + under) / 2) for part, under in zip(color, UNDER, strict=True))


CLEAR: dict[str, tuple[str, ...]] = {
    "vp8.webm": ("-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-b:v", "1M"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"),
    "vp9.mkv": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "4", "-pix_fmt", "yuva444p10le"),
    "png.mov": ("-c:v", "png", "-pix_fmt", "rgba"),
    "animation.mov": ("-c:v", "qtrle", "-pix_fmt", "argb"),
    "raw.avi": ("-c:v", "rawvideo", "-pix_fmt", "bgra"),
    "ffv1.mkv": ("-c:v", "ffv1", "-pix_fmt", "yuva444p"),
    "moving.png": ("-f", "apng", "-plays", "0"),
    "moving.webp": ("-c:v", "libwebp_anim", "-lossless", "1", "-pix_fmt", "bgra"),
    "still.webp": ("-c:v", "libwebp", "-lossless", "1", "-frames:v", "1"),
}


def clear(folder: Path, name: str, *options: str) -> Path:
    media.ffmpeg("-f", "lavfi", "-i", HALF_CLEAR, *options, folder / name)
    return folder / name


def test_what_lies_below_shines_through_every_kind_of_file_with_alpha(tmp_path: Path) -> None:
    files = [clear(tmp_path, name, *options) for name, options in CLEAR.items()]
    rendered = one_after_the_other(tmp_path, files)
    got = [[rendered.video.color(middle(slot), x, 0.5) for x in (0.25, 0.75)] for slot in range(len(files))]
    wanted = [RED, half(RED)]
    wrong = {path.name: seen for path, seen in zip(files, got, strict=True) if not all(map(near, seen, wanted))}
    assert wrong == {}
    assert rendered.warnings == []


def test_photos_of_phones_are_drawn_upright_and_by_their_profile(tmp_path: Path) -> None:
    """HEIC: tiles of HEVC, rotated a quarter, in Display P3. A file without its tiles has a warning."""
    picture = Image.open(media.quadrants(tmp_path / "quadrants.png", 128, 64)).convert("RGB")
    files = [
        heic(tmp_path / "IMG_0001.heic", picture),
        heic(tmp_path / "IMG_0002.heic", picture.transpose(Image.Transpose.ROTATE_270), quarter_turns=1),
        heic(tmp_path / "IMG_0003.heic", Image.new("RGB", (64, 64), (60, 180, 90)), icc=icc.display_p3()),
    ]
    rendered = one_after_the_other(tmp_path, files)
    for slot in range(2):
        seen = [rendered.video.color(middle(slot), x, y) for x, y in CORNERS]
        assert all(map(near, seen, QUADRANTS)), (slot, seen)
    assert near(rendered.video.color(middle(2), 0.5, 0.5), (0, 184, 75))
    assert rendered.warnings == []


def test_a_broken_photo_of_a_phone_is_named(tmp_path: Path) -> None:
    path = heic(tmp_path / "IMG_0004.heic", Image.new("RGB", (64, 64), RED))
    path.write_bytes(path.read_bytes()[:-200])
    error = one_after_the_other(tmp_path, [path]).error
    assert (error["code"], "IMG_0004.heic" in error["message"]["en"]) == ("MATERIAL_UNREADABLE", True)


def without_libvpx(folder: Path) -> Path:
    """An ffmpeg that claims to be built without libvpx."""
    program = folder / "ffmpeg"
    real = used_ffmpeg()
    asked = f'if [ "$1" = -version ]; then {real} -version | sed s/--enable-libvpx//; exit; fi'
    program.write_text(f'#!/bin/sh\n{asked}\nexec {real} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("name", ["vp8.webm", "vp9.webm"])
def test_alpha_that_this_ffmpeg_does_not_decode_is_a_warning(tmp_path: Path, name: str) -> None:
    path = clear(tmp_path, name, *CLEAR[name])
    rendered = one_after_the_other(tmp_path, [path], ffmpeg=str(without_libvpx(tmp_path)))
    assert rendered.exit_code == 0
    assert_told(rendered, name, "transparency")


def test_hevc_s_alpha_shines_through_or_is_a_warning(tmp_path: Path) -> None:
    options = ("-c:v", "libx265", "-pix_fmt", "yuva420p", "-tag:v", "hvc1", "-x265-params", "log-level=none")
    rendered = one_after_the_other(tmp_path, [clear(tmp_path, "phone.mov", *options)])
    shines = near(rendered.video.color(3, 0.75, 0.5), half(RED))
    if not shines:
        assert_told(rendered, "phone.mov", "transparency")
    assert shines or near(rendered.video.color(3, 0.75, 0.5), RED)


def assert_told(rendered: Rendered, name: str, about: str) -> None:
    """One warning in both languages names the part of a file that is not drawn."""
    [warning] = rendered.warnings
    assert (warning["code"], warning["material_name"]) == ("MATERIAL_APPROXIMATED", name)
    assert warning["segment_id"]
    assert about in warning["message"]["en"]
    assert warning["message"]["en"].endswith(".")
    assert warning["message"]["zh"].endswith("。")


LENGTHS_MS = (200, 100, 300)


def moving(folder: Path, name: str, **options: Any) -> Path:
    """Red for 0.2 s, green for 0.1 s, blue for 0.3 s, and again."""
    frames = [Image.new("RGB", (WIDTH, HEIGHT), color) for color in (RED, GREEN, BLUE)]
    frames[0].save(folder / name, save_all=True, append_images=frames[1:], duration=LENGTHS_MS, loop=0, **options)
    return folder / name


@pytest.mark.parametrize("kind", ["photo", pytest.param("video", marks=pytest.mark.long)])
def test_animations_move_and_begin_again_whatever_their_files_are(tmp_path: Path, kind: str) -> None:
    files = [
        moving(tmp_path, "moving.gif"),
        moving(tmp_path, "moving.png"),
        moving(tmp_path, "moving.webp", lossless=True),
        moving(tmp_path, "moving.avif", quality=95),
    ]
    rendered = one_after_the_other(tmp_path, files, slot_us=1_200_000, kind=kind)
    for slot, path in enumerate(files):
        seen = [rendered.video.color(slot * 36 + frame, 0.5, 0.5) for frame in range(36)]
        once = [RED] * 6 + [GREEN] * 3 + [BLUE] * 9
        assert [frame for frame, each in enumerate(seen) if not near(each, [*once, *once][frame])] == [], path.name
    assert rendered.warnings == []


def test_an_animation_runs_at_the_segment_s_speed_from_its_source_time_and_backwards(tmp_path: Path) -> None:
    moving(tmp_path, "moving.webp", lossless=True)
    draft = DraftBuilder(WIDTH, HEIGHT)
    source = {"start": 200_000, "duration": 400_000}
    draft.video("moving.webp", 0, 400_000, source_timerange=source)
    draft.video("moving.webp", 400_000, 300_000, speed=2.0)
    draft.video("moving.webp", 700_000, 600_000, reverse=True)
    video = render(tmp_path, draft).video
    seen = [video.color(frame, 0.5, 0.5) for frame in range(39)]
    wanted = [GREEN] * 3 + [BLUE] * 9 + [RED] * 3 + [GREEN] * 2 + [BLUE] * 4 + [BLUE] * 9 + [GREEN] * 3 + [RED] * 6
    wrong = [frame for frame, (got, color) in enumerate(zip(seen, wanted, strict=True)) if not near(got, color)]
    assert len(wrong) <= 1, f"frames {wrong}: at twice the speed a frame may fall either way"


def test_the_picture_that_an_animated_png_shows_elsewhere_is_none_of_its_frames(tmp_path: Path) -> None:
    first, *others = (Image.new("RGB", (32, 32), color) for color in (YELLOW, RED, GREEN))
    path = tmp_path / "moving.png"
    first.save(path, save_all=True, append_images=others, duration=[100, 100], default_image=True)
    video = one_after_the_other(tmp_path, [path]).video
    assert [near(video.color(frame, 0.5, 0.5), color) for frame, color in ((1, RED), (4, GREEN))] == [True, True]


def test_an_animation_of_too_many_pixels_is_an_error_that_names_the_limit(tmp_path: Path) -> None:
    """Its header declares 9999 frames of a megapixel."""
    path = media.plain(tmp_path / "long.png", RED, 1000, 1000)
    pngs.with_chunk(path, b"acTL", struct.pack(">II", 9999, 0))
    error = one_after_the_other(tmp_path, [tmp_path / "long.png"]).error
    assert error["code"] == "MATERIAL_TOO_LARGE"
    assert "long.png" in error["message"]["en"]
    assert "2,000,000,000" in error["message"]["en"]


def m2ts(folder: Path) -> Path:
    """A camcorder's file: packets with four bytes of time before each."""
    path = folder / "00001.m2ts"
    media.counting_video(path, seconds=1, options=("-f", "mpegts", "-mpegts_m2ts_mode", "1"))
    assert path.read_bytes()[4:197:192] == b"GG"
    return path


def test_the_transport_streams_of_camcorders_are_read(tmp_path: Path) -> None:
    rendered = one_after_the_other(tmp_path, [m2ts(tmp_path)])
    assert [rendered.video.count_at(frame) for frame in range(6)] == [0, 1, 2, 3, 4, 5]


def test_a_picture_with_too_long_a_side_is_an_error_that_names_it_and_the_limit(tmp_path: Path) -> None:
    Image.new("1", (1, 2_000_000)).save(tmp_path / "line.png")
    error = one_after_the_other(tmp_path, [tmp_path / "line.png"]).error
    assert error["code"] == "MATERIAL_TOO_LARGE"
    assert "line.png" in error["message"]["en"]
    assert "1x2000000" in error["message"]["en"]
    assert "65,535" in error["message"]["en"]


def test_pictures_of_odd_proportions_are_drawn(tmp_path: Path) -> None:
    sizes = ((1, 65_535), (65_535, 1), (100, 60_000), (3, 5))
    files = [media.plain(tmp_path / f"{width}x{height}.png", (255, 90, 0), width, height) for width, height in sizes]
    video = one_after_the_other(tmp_path, files).video
    for slot, path in enumerate(files):
        assert video.rgb(middle(slot))[:, :, 0].max() > 60, f"there is a line of {path.name} at least"


def ramp(mode: str, most: float) -> Image.Image:
    """Four upright bars: a quarter, a half, three quarters of white, and white."""
    bars = np.repeat(np.array([0.25, 0.5, 0.75, 1.0]) * most, WIDTH // 4)
    kind = {"F": np.float32, "I;16": np.uint16, "I": np.int32}.get(mode, np.uint8)
    return Image.fromarray(np.tile(bars, (HEIGHT, 1)).astype(kind))


GREYS = [(grey, grey, grey) for grey in (64, 128, 191, 255)]


def greys(video: Video, slot: int) -> list[tuple[int, int, int]]:
    return [video.color(middle(slot), (number + 0.5) / 4, 0.5) for number in range(4)]


def test_pictures_of_any_number_of_bits_are_as_bright_as_they_are(tmp_path: Path) -> None:
    made = {
        "16.png": ramp("I;16", 65535),
        "16.tif": ramp("I;16", 65535),
        "float.tif": ramp("F", 1.0),
        "8.bmp": ramp("L", 255),
        "alpha.png": ramp("L", 255).convert("LA"),
        "palette.png": ramp("L", 255).convert("P"),
        "press.jpg": ramp("L", 255).convert("RGB").convert("CMYK"),
        "press.tif": ramp("L", 255).convert("RGB").convert("CMYK"),
    }
    for name, image in made.items():
        image.save(tmp_path / name, quality=100)
    rendered = one_after_the_other(tmp_path, [tmp_path / name for name in made])
    got = {name: greys(rendered.video, slot) for slot, name in enumerate(made)}
    assert {name: seen for name, seen in got.items() if not all(map(near, seen, GREYS))} == {}
    assert rendered.warnings == []


def test_black_and_white_and_palettes_with_clear_colours_are_drawn(tmp_path: Path) -> None:
    checks = Image.new("1", (WIDTH, HEIGHT), 1)
    checks.paste(0, (0, 0, WIDTH // 2, HEIGHT))
    checks.save(tmp_path / "checks.png")
    palette = Image.new("P", (WIDTH, HEIGHT), 1)
    palette.putpalette([*RED, *GREEN])
    palette.paste(0, (0, 0, WIDTH // 2, HEIGHT))
    palette.save(tmp_path / "clear.png", transparency=0)
    video = one_after_the_other(tmp_path, [tmp_path / "checks.png", tmp_path / "clear.png"]).video
    seen = [video.color(middle(slot), x, 0.5) for slot in (0, 1) for x in (0.25, 0.75)]
    assert all(map(near, seen, [(0, 0, 0), (255, 255, 255), UNDER, GREEN]))


def test_numbers_beyond_white_are_scaled_with_a_warning(tmp_path: Path) -> None:
    ramp("F", 255.0).save(tmp_path / "numbers.tif")
    rendered = one_after_the_other(tmp_path, [tmp_path / "numbers.tif"])
    assert all(map(near, greys(rendered.video, 0), GREYS))
    assert_told(rendered, "numbers.tif", "255")


TURNS: tuple[Callable[[Image.Image], Image.Image], ...] = (
    lambda image: image,
    lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    lambda image: image.transpose(Image.Transpose.ROTATE_180),
    lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    lambda image: image.transpose(Image.Transpose.ROTATE_90),
    lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    lambda image: image.transpose(Image.Transpose.ROTATE_270),
)
"""How an upright picture is stored, by its EXIF orientation from 1 on."""


def test_all_eight_orientations_stand_upright(tmp_path: Path) -> None:
    upright = Image.open(media.quadrants(tmp_path / "upright.png", WIDTH, HEIGHT))
    files: list[Path] = []
    for orientation, turn in enumerate(TURNS, 1):
        exif = Image.Exif()
        exif[0x0112] = orientation
        even = orientation % 2 == 0
        photo, scan = tmp_path / f"{orientation}.{'png' if even else 'jpg'}", tmp_path / f"{orientation}.tif"
        turn(upright).save(photo, exif=exif, quality=98)
        turn(upright).save(scan, exif=exif, big_tiff=even)
        files += photo, scan
    video = one_after_the_other(tmp_path, files).video
    for slot, path in enumerate(files):
        seen = [video.color(middle(slot), *corner) for corner in CORNERS]
        assert all(map(near, seen, QUADRANTS)), path.name


def test_turned_and_mirrored_clips_are_drawn_as_they_are_shown(tmp_path: Path) -> None:
    """The display matrix is applied afterwards; ffmpeg itself gives the expected picture."""
    media.quadrants(tmp_path / "upright.png", WIDTH, HEIGHT)
    whole = ("-loop", "1", "-framerate", "10", "-t", "0.3", "-i", tmp_path / "upright.png")
    media.ffmpeg(*whole, "-c:v", "libx264", "-qp", "4", "-pix_fmt", "yuv420p", tmp_path / "flat.mp4")
    draft = DraftBuilder(WIDTH, WIDTH)
    flips: tuple[tuple[str, ...], ...] = ((), ("-display_hflip",), ("-display_vflip",))
    kinds = [("-display_rotation", str(turn), *flip) for turn in (0, 90, 180, 270) for flip in flips]
    for slot, marks in enumerate(kinds):
        marked, seen = tmp_path / f"{slot}.mp4", tmp_path / f"{slot}.png"
        media.ffmpeg(*marks, "-i", tmp_path / "flat.mp4", "-c", "copy", marked)
        media.ffmpeg("-i", marked, "-frames:v", "1", seen)
        draft.video(marked.name, 2 * slot * SLOT_US, SLOT_US).photo(seen.name, (2 * slot + 1) * SLOT_US, SLOT_US)
    video = render(tmp_path, draft).video
    places = [(x, y) for x in (0.4, 0.6) for y in (0.4, 0.6)]
    for slot, marks in enumerate(kinds):
        pairs = [(video.color(middle(2 * slot), *at), video.color(middle(2 * slot + 1), *at)) for at in places]
        assert all(near(one, other) for one, other in pairs), marks


def test_a_part_of_a_clip_of_eight_bits_has_its_palette(tmp_path: Path) -> None:
    """QuickTime Animation in greys, as of old screen recordings: its palette is found at the beginning alone."""
    media.ffmpeg(
        "-f", "lavfi", "-i", "color=gray:s=32x18:r=10:d=2", "-c:v", "qtrle", "-pix_fmt", "gray", tmp_path / "screen.mov"
    )
    rendered = render(tmp_path, DraftBuilder(32, 18).video("screen.mov", 0, 200_000, source_start_us=1_500_000))
    assert near(rendered.video.color(3, 0.5, 0.5), media.GRAY)


def test_a_recording_that_changes_its_size_and_format_is_drawn_to_its_end(tmp_path: Path) -> None:
    """As of a call, a shared screen, and joined parts of a transport stream."""
    parts = [(RED, "160x90", "yuv420p"), (GREEN, "320x180", "yuv420p"), (BLUE, "80x46", "yuv444p")]
    joined = b""
    for number, (color, size, pixels) in enumerate(parts):
        source = f"color=0x{bytes(color).hex()}:s={size}:r=30:d=0.2"
        coded = ("-c:v", "libx264", "-bf", "0", "-pix_fmt", pixels, "-output_ts_offset", str(number * 0.2))
        media.ffmpeg("-f", "lavfi", "-i", source, *coded, tmp_path / "part.ts")
        joined += (tmp_path / "part.ts").read_bytes()
    media.ffmpeg_fed(joined, "-i", "-", "-c", "copy", tmp_path / "call.mkv")
    video = render(tmp_path, DraftBuilder(160, 90).video("call.mkv", 0, 600_000)).video
    seen = [video.color(frame, *corner) for frame in (0, 5, 6, 11, 12, 17) for corner in CORNERS]
    assert all(near(color, wanted) for color, wanted in zip(seen, 8 * [RED] + 8 * [GREEN] + 8 * [BLUE], strict=True)), (
        seen
    )


def test_interlaced_clips_show_no_combs(tmp_path: Path) -> None:
    """A bar moves by eight pixels between the fields of a frame."""
    bar = "color=black:s=160x96:r=50:d=0.4,format=yuv420p,geq=lum='if(between(X-8*N,8,24),235,16)':cb=128:cr=128"
    fields = ("-vf", "tinterlace=interleave_top,setfield=tff", "-flags", "+ildct+ilme", "-c:v", "libx264", "-qp", "4")
    media.ffmpeg("-f", "lavfi", "-i", bar, *fields, "-x264-params", "interlaced=1", *media.TAGS, tmp_path / "tape.mp4")
    draft = DraftBuilder(WIDTH, 96, 25).video("tape.mp4", 0, 200_000)
    rendered = render(tmp_path, draft)
    luma = rendered.video.luma(2).astype(int)[20:70]
    assert luma.max() > 200, "the bar is there"
    combed = np.abs(luma[1:-1] - (luma[:-2] + luma[2:]) / 2)
    assert combed.max() < 60, "lines differ from their neighbours by the bar's edge only"
    assert rendered.warnings == []


def pages(folder: Path) -> Path:
    first, second = (Image.new("RGB", (32, 32), color) for color in (RED, GREEN))
    first.save(folder / "pages.tif", save_all=True, append_images=[second])
    return folder / "pages.tif"


def dolby(folder: Path) -> Path:
    """As phones of some makers tag Dolby Vision of profile 5."""
    gray = "color=gray:s=64x36:r=10:d=0.4"
    codec = ("-c:v", "libx265", "-x265-params", "log-level=none", "-strict", "unofficial", "-tag:v", "dvh1")
    media.ffmpeg("-f", "lavfi", "-i", gray, *codec, folder / "dolby.mp4")
    return folder / "dolby.mp4"


def other_matrix(folder: Path) -> Path:
    """YCgCo, which screen recorders may choose."""
    return retagged(folder, "screen.mp4", "matrix_coefficients=8")


def logarithmic(folder: Path) -> Path:
    return retagged(folder, "log.mp4", "transfer_characteristics=9")


def askew(folder: Path) -> Path:
    """A display matrix with an odd rotation."""
    media.counting_video(folder / "flat.mp4", seconds=0.3, size="64x36")
    media.ffmpeg("-display_rotation", "30", "-i", folder / "flat.mp4", "-c", "copy", folder / "askew.mp4")
    return folder / "askew.mp4"


def retagged(folder: Path, name: str, tags: str) -> Path:
    gray = ("-f", "lavfi", "-i", "color=gray:s=64x36:r=10:d=0.4,format=yuv420p")
    media.ffmpeg(*gray, "-c:v", "libx264", "-bsf:v", f"h264_metadata={tags}", folder / name)
    return folder / name


@pytest.mark.parametrize(
    ("make", "about"),
    [(pages, "2 pages"), (dolby, "Dolby Vision"), (other_matrix, "H.273"), (logarithmic, "H.273"), (askew, "degrees")],
)
def test_what_a_file_holds_and_is_not_drawn_is_a_warning(
    tmp_path: Path, make: Callable[[Path], Path], about: str
) -> None:
    path = make(tmp_path)
    assert_told(one_after_the_other(tmp_path, [path]), path.name, about)


def test_an_animation_as_a_background_stands_still_with_a_warning(tmp_path: Path) -> None:
    moving(tmp_path, "back.webp", lossless=True)
    media.plain(tmp_path / "tall.png", YELLOW, 20, HEIGHT)
    draft = DraftBuilder(WIDTH, HEIGHT).photo("tall.png", 0, SLOT_US)
    draft.using("canvases", type="canvas_image", image="back.webp")
    rendered = render(tmp_path, draft)
    assert near(rendered.video.color(3, 0.1, 0.5), RED)
    [warning] = rendered.warnings
    assert "3 pages or frames" in warning["message"]["en"]


def test_a_file_s_losses_have_one_warning_however_often_it_is_used(tmp_path: Path) -> None:
    path = pages(tmp_path)
    assert_told(one_after_the_other(tmp_path, [path, path, path]), "pages.tif", "2 pages")
