"""Effects: ffmpeg's result is that of their definitions."""

import math
import random
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.drafts.design import SIGNED, ChromaKey, Effect, EffectKind, Variation
from services.render.effects.adjust import TONES, adjustment_steps, runs
from services.render.effects.color import COLORS
from services.render.effects.filters import blur_steps, chroma_steps, prepare_lut, steps
from services.render.effects.scenes import CHANGING_SCENES
from services.render.media.errors import BadMedia
from services.render.timeline.ramps import Ramp
from tests.oracle.effects import GRAIN_DEVIATION, STATISTICAL, apply
from tests.oracle.keying import kept
from tests.oracle.pixels import Pixels, blurred, luma
from tests.oracle.scenery import MORNING, landscape
from tests.oracle.scenes import PARTICLES
from tests.support.ffmpegs import both_ffmpegs
from tests.support.matrix import sampled

FFMPEGS = both_ffmpegs()
WIDTH, HEIGHT, RATE = 178, 100, Fraction(30000, 1001)
FORMATS = ("yuv420p", "yuva420p", "yuv444p", "yuva444p")
STRENGTHS = {True: (1.0, 0.35, -0.7), False: (1.0, 0.35)}
"""Of adjustments, and of all others."""
FRAME, START = 24, 3
"""The compared frame of the stream, and the one with which the effect begins: it flashes and glitches then."""
CHANGING = (
    *sorted(CHANGING_SCENES), EffectKind.SHAKE, EffectKind.ZOOM, EffectKind.FLASH, EffectKind.GLITCH, EffectKind.GRAIN,
)  # fmt: skip
LOOKS = tuple(kind for kind in EffectKind if kind not in (EffectKind.LUT, EffectKind.LOOK))
TINTED = (EffectKind.WARM, EffectKind.COOL, EffectKind.TEMPERATURE, EffectKind.TINT, EffectKind.VINTAGE,
          EffectKind.DUOTONE, EffectKind.LIGHT, *PARTICLES)  # fmt: skip
VARIED = (EffectKind.SPLIT, EffectKind.EDGES, EffectKind.LIGHT, EffectKind.KALEIDOSCOPE, EffectKind.LENS)
"""Families whose looks differ much between names."""
CODE = 1 / 255


def named(effect: Effect) -> str:
    return f"{effect.kind} {effect.strength}"


def picture(*, clear: bool) -> Pixels:
    """Hills, with `clear` a transparent margin around an ellipse."""
    hills = landscape(WIDTH, HEIGHT, 0.4, MORNING)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    inside = np.hypot(x / WIDTH - 0.5, y / HEIGHT - 0.5) < (0.4 if clear else 9)
    return np.concatenate([hills, inside[..., None]], axis=2).astype(np.float32)


def shown(ffmpeg: str, whole: Pixels, step_lists: Sequence[Sequence[str]], pixel_format: str, frames: range) -> Pixels:
    """Frames of a picture that stands, through the filters of each look, one look after the other:
    frames x rows x columns x red, green, blue, alpha.
    """
    height, width = whole.shape[:2]
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    into = ("scale=out_color_matrix=bt709:out_range=tv:flags=area+full_chroma_inp", f"format={pixel_format}", tags)
    out = ("scale=in_color_matrix=bt709:in_range=tv:flags=neighbor+accurate_rnd", "format=gbrap", "format=rgba")
    names = [f"[in{number}]" for number in range(len(step_lists))]
    graph = ",".join((*into, f"loop=-1:1,trim=end_frame={frames.stop},split={len(step_lists)}{''.join(names)}"))
    for name, filters in zip(names, step_lists, strict=True):
        graph += f";{name}" + ",".join((*filters, f"trim=start_frame={frames.start},setpts=N", *out)) + name
    graph += f";{''.join(names)}concat=n={len(step_lists)}"
    source = ("-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}", "-r", str(RATE), "-i", "-")
    written = ("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgba", "-")
    raw = np.rint(whole * 255).astype(np.uint8).tobytes()
    command = [ffmpeg, "-v", "warning", "-filter_complex_threads", "1", *source, "-filter_complex", graph, *written]
    made = subprocess.run(command, input=raw, capture_output=True, check=False, timeout=60)
    assert made.returncode == 0, made.stderr.decode()
    assert not made.stderr, made.stderr.decode()
    found = np.frombuffer(made.stdout, np.uint8).reshape(-1, height, width, 4)
    assert len(found) == len(step_lists) * len(frames)
    return found.astype(np.float32) / 255


def difference(found: Pixels, wanted: Pixels) -> float:
    """The mean over all channels, of 255, where both are visible."""
    seen = np.minimum(found[..., 3], wanted[..., 3]) > 0.99
    assert seen.mean() > 0.3
    return float(np.abs(found - wanted)[..., :3][seen].mean() * 255)


EFFECTS = (
    *(Effect(kind=kind, strength=strength) for kind in LOOKS for strength in STRENGTHS[kind in SIGNED]),
    *(Effect(kind=kind, strength=1.0, look=Variation(seed=seed)) for kind in VARIED for seed in (1, 130)),
)


@lru_cache
def seen_through_all(ffmpeg: str, pixel_format: str) -> tuple[Pixels, dict[Effect, Pixels]]:
    """The frame of a picture, unchanged and with each of `EFFECTS`."""
    clear = pixel_format.startswith("yuva")
    step_lists = [steps(each, width=WIDTH, height=HEIGHT, rate=RATE, start=START, alpha=clear) for each in EFFECTS]
    plain, *changed = shown(ffmpeg, picture(clear=clear), ((), *step_lists), pixel_format, range(FRAME, FRAME + 1))
    return plain, dict(zip(EFFECTS, changed, strict=True))


LIMITS = {EffectKind.RIPPLE: 6}
"""Codes of difference; ripples move by whole pixels, which are much of so small a canvas."""


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize("pixel_format", sampled(FORMATS, 3))
@pytest.mark.parametrize(
    "effect",
    [each for each in EFFECTS if each.kind not in STATISTICAL],
    ids=lambda each: f"{each.kind} {each.strength} {each.look.seed}",
)
def test_an_effect_is_drawn_as_it_is_defined(ffmpeg: str, pixel_format: str, effect: Effect) -> None:
    plain, step_lists = seen_through_all(ffmpeg, pixel_format)
    found, wanted = step_lists[effect], apply(effect, plain, FRAME - START, RATE)
    assert difference(found, wanted) <= LIMITS.get(effect.kind, 1.5 if effect.kind in COLORS | TONES else 3)
    assert np.abs(found - wanted)[..., 3].mean() <= (3 * CODE if effect.kind in LIMITS else CODE)
    assert np.abs(found - plain)[..., :3].mean() > CODE / 10, "nothing is changed"


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize("effect", [each for each in EFFECTS if each.kind in STATISTICAL], ids=named)
def test_grain_is_grey_noise_as_strong_as_it_is_defined(ffmpeg: str, effect: Effect) -> None:
    grey = np.full((HEIGHT, WIDTH, 4), (0.5, 0.5, 0.5, 1), np.float32)
    grain = steps(effect, width=WIDTH, height=HEIGHT, rate=RATE, start=START)
    frames = shown(ffmpeg, grey, (grain,), "yuv420p", range(9))
    assert frames[..., :3].mean() == pytest.approx(0.5, abs=2 * CODE)
    assert luma(frames).std() == pytest.approx(GRAIN_DEVIATION * effect.strength, rel=0.1)
    assert np.ptp(frames[..., :3], axis=-1).max() <= 2 * CODE
    assert all(np.abs(one - other).mean() > CODE for one, other in pairwise(frames))


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize("kind", CHANGING, ids=str)
def test_a_stream_that_begins_later_goes_on_as_the_one_before(ffmpeg: str, kind: EffectKind) -> None:
    step_lists = [
        steps(Effect(kind=kind), width=WIDTH, height=HEIGHT, rate=RATE, start=start, alpha=False) for start in (2, -11)
    ]
    whole = picture(clear=False)
    frames = shown(ffmpeg, whole, step_lists[:1], "yuv420p", range(25))
    assert np.array_equal(frames[13:], shown(ffmpeg, whole, step_lists[1:], "yuv420p", range(12)))
    assert any(not np.array_equal(frames[2], each) for each in frames[3:])


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
def test_most_effects_leave_grey_grey(ffmpeg: str) -> None:
    dyed = [each for each in EFFECTS if each.kind is EffectKind.EDGES and each.look.seed]  # lines of the name's colour
    effects = [each for each in EFFECTS if each.kind not in TINTED and each not in dyed]
    step_lists = [steps(each, width=WIDTH, height=HEIGHT, rate=RATE, start=0, alpha=False) for each in effects]
    grey = np.full((HEIGHT, WIDTH, 4), (0.6, 0.6, 0.6, 1), np.float32)
    frames = shown(ffmpeg, grey, step_lists, "yuv420p", range(1))
    off = {each: np.ptp(frame[..., :3], axis=-1).max() for each, frame in zip(effects, frames, strict=True)}
    assert [each for each in effects if off[each] > CODE] == []


@pytest.mark.parametrize("kind", EffectKind, ids=str)
def test_without_strength_nothing_is_done(kind: EffectKind) -> None:
    effect = Effect(kind=kind, strength=0)
    assert steps(effect, width=WIDTH, height=HEIGHT, rate=RATE, start=0, lut=Path("table.cube")) == ()


@pytest.mark.parametrize("kind", LOOKS, ids=str)
def test_strength_has_an_end(kind: EffectKind) -> None:
    one, two = (
        steps(Effect(kind=kind, strength=strength), width=WIDTH, height=HEIGHT, rate=RATE, start=0)
        for strength in (1.0, 2.0)
    )
    assert one == two


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
def test_effects_that_know_no_alpha_keep_it_by_themselves(ffmpeg: str) -> None:
    """Frames may have no alpha although it is to be preserved."""
    step_lists = [steps(each, width=WIDTH, height=HEIGHT, rate=RATE, start=0) for each in EFFECTS]
    found = shown(ffmpeg, picture(clear=False), step_lists, "yuv420p", range(1))
    assert np.all(found[..., 3] == 1)


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
def test_tones_that_move_are_the_adjustments_of_each_frame(ffmpeg: str) -> None:
    tones = {
        EffectKind.CONTRAST: Ramp(((0, 0.4), (8, -0.8))),
        EffectKind.BRIGHTNESS: Ramp(((2, 0.0), (6, -0.5))),
        EffectKind.TEMPERATURE: Ramp(((1, -0.4), (7, 0.3))),
        EffectKind.SATURATION: Ramp(((1, -1.0), (8, 0.6))),
        EffectKind.WHITE: Ramp.constant(-0.2),
    }
    order = (
        EffectKind.BRIGHTNESS,
        EffectKind.CONTRAST,
        EffectKind.SATURATION,
        EffectKind.WHITE,
        EffectKind.TEMPERATURE,
    )
    whole = picture(clear=True)
    plain = shown(ffmpeg, whole, ((),), "yuva444p", range(1))[0]
    frames = shown(ffmpeg, whole, (adjustment_steps(tones, RATE, 10),), "yuva444p", range(10))
    for number, frame in enumerate(frames):
        wanted = plain
        for kind in order:
            wanted = apply(Effect(kind=kind, strength=tones[kind].at(number)), wanted, 0, RATE)
        assert difference(frame, wanted) <= 1.5, number
        assert np.array_equal(frame[..., 3], plain[..., 3])


@pytest.mark.parametrize("kind", sorted(TONES), ids=str)
def test_a_tone_that_stands_is_the_adjustment(kind: EffectKind) -> None:
    still = {each: Ramp(((3, 0.4), (9, 0.4))) if each is kind else Ramp.constant(0.0) for each in TONES}
    adjusted = steps(Effect(kind=kind, strength=0.4), width=WIDTH, height=HEIGHT, rate=RATE, start=0)
    assert adjustment_steps(still, RATE, 100) == adjusted
    assert adjustment_steps(dict.fromkeys(TONES, Ramp.constant(0.0)), RATE) == ()


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize(
    ("kind", "strength", "wanted"),
    [
        (EffectKind.BRIGHTNESS, 0.5, (34, 180, 238)), (EffectKind.BRIGHTNESS, 1.0, (55, 223, 252)),
        (EffectKind.BRIGHTNESS, -1.0, (5, 45, 88)), (EffectKind.CONTRAST, 0.5, (9, 137, 224)),
        (EffectKind.CONTRAST, -1.0, (56, 121, 164)), (EffectKind.HIGHLIGHT, 1.0, (21, 159, 233)),
        (EffectKind.SHADOW, 1.0, (55, 156, 207)), (EffectKind.SHADOW, -1.0, (3, 98, 191)),
        (EffectKind.BLACK, 1.0, (138, 192, 228)), (EffectKind.WHITE, -1.0, (10, 64, 100)),
    ],
    ids=str,
)  # fmt: skip
def test_adjustments_give_greys_their_numbers(
    ffmpeg: str, kind: EffectKind, strength: float, wanted: tuple[int, ...]
) -> None:
    """Of 20, 128 and 200 of 255."""
    greys = np.repeat(np.array([20, 128, 200]), 8)[None, :, None] / 255 * np.ones((8, 1, 4), np.float32)
    greys[..., 3] = 1
    adjusted = steps(Effect(kind=kind, strength=strength), width=24, height=8, rate=RATE, start=0)
    found = shown(ffmpeg, greys, (adjusted,), "yuv444p", range(1))[0][4, 4::8, 1] * 255
    assert found == pytest.approx(wanted, abs=2)


def test_neighbouring_adjustments_are_drawn_at_once_in_the_apps_order() -> None:
    kinds = (
        EffectKind.BLUR,
        EffectKind.FADE,
        EffectKind.CONTRAST,
        EffectKind.CONTRAST,
        EffectKind.TINT,
        EffectKind.SHAKE,
    )
    found = [[each.kind.value for each in run] for run in runs(Effect(kind=kind) for kind in kinds)]
    assert found == [["blur"], ["fade", "contrast"], ["contrast", "tint"], ["shake"]]
    one, other = (
        steps(*(Effect(kind=kind, strength=0.3) for kind in order), width=WIDTH, height=HEIGHT, rate=RATE, start=0)
        for order in ((EffectKind.FADE, EffectKind.BRIGHTNESS), (EffectKind.BRIGHTNESS, EffectKind.FADE))
    )
    assert one == other


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize(("intensity", "shadow"), [(0.2, 0.0), (0.4, 0.5), (0.7, 0.1)])
def test_a_key_clears_its_colour(ffmpeg: str, intensity: float, shadow: float) -> None:
    key = ChromaKey(color=(0.2, 0.72, 0.3, 1.0), intensity=intensity, shadow=shadow)
    screen = picture(clear=False)
    screen[:, : WIDTH // 2] = (*key.color[:3], 1)
    plain, keyed = shown(ffmpeg, screen, ((), chroma_steps(key)), "yuva444p", range(1))
    assert np.all(keyed[:, : WIDTH // 2 - 2, 3] == 0)
    assert np.abs(keyed[..., 3] - kept(key, plain[..., :3])).mean() <= 0.03
    assert np.array_equal(keyed[..., :3], plain[..., :3])


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
def test_what_was_clear_before_a_key_stays_clear(ffmpeg: str) -> None:
    key = ChromaKey(color=(0.35, 0.6, 0.9, 1.0), intensity=0.2)
    plain, keyed = shown(ffmpeg, picture(clear=True), ((), chroma_steps(key, alpha=True)), "yuva444p", range(1))
    assert np.all(keyed[..., 3][plain[..., 3] == 0] == 0)
    assert np.abs(keyed[..., 3] - plain[..., 3] * kept(key, plain[..., :3])).mean() <= 0.03
    assert 0.1 < keyed[..., 3].mean() < plain[..., 3].mean() - 0.03


def test_a_key_without_intensity_clears_nothing() -> None:
    assert chroma_steps(ChromaKey(color=(0, 1, 0, 1), intensity=0)) == ()


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize("sigma", [0.6, 4.0, 9.0])
def test_a_blur_is_as_wide_as_it_says(ffmpeg: str, sigma: float) -> None:
    plain, found = shown(ffmpeg, picture(clear=False), ((), blur_steps(sigma, WIDTH, HEIGHT)), "yuv420p", range(1))
    assert difference(found, blurred(plain, sigma, sigma)) <= 2


def cube(path: Path, side: int = 9, *, head: str = "") -> Path:
    """A table in which red fades, green and blue change places."""
    steps_of = [number / (side - 1) for number in range(side)]
    colors = [
        f"{red**0.6:.5f} {blue:.5f} {1 - green**1.4:.5f}" for blue in steps_of for green in steps_of for red in steps_of
    ]
    path.write_text("\n".join((f'TITLE "a table"\n# seen once\nLUT_3D_SIZE {side}', head, *colors)))
    return path


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_a_table_is_looked_up(ffmpeg: str, tmp_path: Path, strength: float) -> None:
    folder = tmp_path / "it's; a [folder], with: signs=\\"
    folder.mkdir()
    lut = prepare_lut(cube(tmp_path / "theirs.cube", head="DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1"), folder / "ours.cube")
    effect = Effect(kind=EffectKind.LUT, strength=strength, path=str(lut))
    look = steps(effect, width=WIDTH, height=HEIGHT, rate=RATE, start=0, lut=lut)
    for pixel_format in FORMATS:
        clear = pixel_format.startswith("yuva")
        plain, found = shown(ffmpeg, picture(clear=clear), ((), look), pixel_format, range(1))
        wanted = apply(effect, plain, 0, RATE)
        assert difference(found, wanted) <= 1.5, pixel_format
        assert np.array_equal(found[..., 3], plain[..., 3])


def test_a_table_keeps_its_numbers_and_nothing_else(tmp_path: Path) -> None:
    written = prepare_lut(cube(tmp_path / "theirs.cube"), tmp_path / "ours.cube").read_text().splitlines()
    assert written[0] == "LUT_3D_SIZE 9"
    assert len(written) == 1 + 9**3
    assert all(math.isfinite(float(word)) for line in written[1:] for word in line.split())


def test_without_a_file_a_table_does_nothing() -> None:
    assert steps(Effect(kind=EffectKind.LUT), width=WIDTH, height=HEIGHT, rate=RATE, start=0) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GIF89a\x00\xff",
        "LUT_3D_SIZE 2",
        "LUT_3D_SIZE 1\n0 0 0",
        "LUT_3D_SIZE 66\n0 0 0",
        "LUT_3D_SIZE 99999999999999\n0 0 0",
        "LUT_3D_SIZE -2\n0 0 0",
        "LUT_3D_SIZE 2\n" + "0 0 0\n" * 7,
        "LUT_3D_SIZE 2\n" + "0 0 0\n" * 9,
        "LUT_3D_SIZE 2\n" + "0 0 0\n" * 7 + "0 0",
        "LUT_3D_SIZE 2\n" + "0 0 0\n" * 7 + "0 0 nan",
        "LUT_3D_SIZE 2\n" + "0 0 0\n" * 7 + "0 0 1e999",
        "LUT_3D_SIZE 2\nDOMAIN_MAX 4 4 4\n" + "0 0 0\n" * 8,
        "LUT_1D_SIZE 2\n0 0 0\n1 1 1",
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    theirs = tmp_path / "theirs.cube"
    theirs.write_text(text, encoding="latin-1")
    with pytest.raises(BadMedia) as caught:
        prepare_lut(theirs, tmp_path / "ours.cube")
    assert caught.value.en
    assert caught.value.zh
    assert not (tmp_path / "ours.cube").exists()


def test_any_bytes_are_refused_or_become_a_table(tmp_path: Path) -> None:
    good, chance = cube(tmp_path / "good.cube", side=3).read_bytes(), random.Random(7)
    for _ in range(300):
        broken = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        (tmp_path / "theirs.cube").write_bytes(broken[: chance.randint(0, 2 * len(broken))])
        try:
            lut = prepare_lut(tmp_path / "theirs.cube", tmp_path / "ours.cube")
        except BadMedia:
            continue
        head, *lines = lut.read_text().splitlines()
        assert int(head.split()[1]) ** 3 == len(lines)
        assert all(math.isfinite(float(word)) for line in lines for word in line.split())
