"""What each family of effects and transitions costs: CPU of a frame at 1080x1920, beyond that of decoding alone.

`.venv/bin/python -m bench.families`; docs/catalogue.md names those that cost more than a plain clip.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from services.drafts.design import PLAIN, Effect, EffectKind, Recipe, TransitionKind
from services.render.box import Size
from services.render.effects.filters import steps
from services.render.effects.recipes import write_recipe
from services.render.encoding import STANDARD_ENCODER
from services.render.picture.chains import Chains
from services.render.picture.mixing import Mixer, TransitionSpan
from services.render.picture.shapes import TAGS
from services.render.picture.transitions import mix
from services.render.process.ffmpeg import find_ffmpeg

SIZE, RATE, FRAMES = Size(1080, 1920), Fraction(30), 24


def main() -> None:
    """Print the table, the dearest first."""
    with tempfile.TemporaryDirectory() as name:
        clip = _clip(Path(name) / "clip.mp4")
        plain = _cost(_shown(clip, ()), STANDARD_ENCODER)
        print(f"a plain clip, decoded and encoded: {plain:.0f} ms a frame")
        decoded, two = _cost(_shown(clip, ())), _cost(_crossing(TransitionKind.DISSOLVE, clip))
        table = [(f"effect {kind}", _cost(_shown(clip, found)) - decoded) for kind, found in _effects(Path(name))]
        table += [(f"transition {kind}", _cost(_crossing(kind, clip)) - two) for kind in TransitionKind]
        for what, milliseconds in sorted(table, key=lambda row: -row[1]):
            print(f"{milliseconds:7.0f} ms  {what}{'  more than a plain clip' if milliseconds > plain else ''}")


def _clip(path: Path) -> Path:
    source = f"testsrc2=s={SIZE.width}x{SIZE.height}:r={RATE}"
    coded = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "tv")
    _run(["-f", "lavfi", "-i", source, "-frames:v", str(FRAMES), *coded, str(path)])
    return path


def _effects(work: Path) -> Iterator[tuple[EffectKind, tuple[str, ...]]]:
    """The steps of every family at full strength."""
    table = write_recipe(Recipe(warmth=0.5), work / "look.cube")
    for kind in EffectKind:
        effect = Effect(kind=kind, strength=1.0)
        size = {"width": SIZE.width, "height": SIZE.height}
        yield kind, steps(effect, **size, rate=RATE, start=0, length=FRAMES, lut=table, alpha=False)


def _shown(clip: Path, done: tuple[str, ...]) -> list[str]:
    chains = Chains()
    return _arguments(chains, chains.chain(chains.open(["-i", str(clip)]), [TAGS, *done, "format=yuv420p"]))


def _crossing(kind: TransitionKind, clip: Path) -> list[str]:
    chains = Chains()
    sides = [
        chains.chain(chains.open(["-i", str(clip)]), ["format=yuv420p", TAGS, "settb=1/30", "setpts=N"])
        for _ in range(2)
    ]
    mixer = Mixer(chains, SIZE, TransitionSpan(0, FRAMES, FRAMES, RATE), clear=False)
    return _arguments(chains, chains.chain(mix(mixer, kind, PLAIN, sides[0], sides[1]), ["format=yuv420p"]))


def _arguments(chains: Chains, label: str) -> list[str]:
    command = chains.command(label)
    return [*command.inputs, "-filter_complex", command.graph, "-map", "[out]"]


def _cost(arguments: list[str], encoder: tuple[str, ...] = ("-c:v", "rawvideo")) -> float:
    """Milliseconds of CPU a frame."""
    before = os.times()
    _run(["-threads", "1", *arguments, *encoder, "-frames:v", str(FRAMES), "-f", "null", "-"])
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return 1000 * used / FRAMES


def _run(arguments: list[str]) -> None:
    program = [find_ffmpeg("").path, "-v", "error", "-y", "-filter_complex_threads", "1", *arguments]
    subprocess.run(program, check=True, timeout=120)


if __name__ == "__main__":
    main()
