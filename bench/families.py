"""What each family of effects, transitions and animations costs: CPU of a frame at 1080x1920 beyond the same frame
without it.

`.venv/bin/python -m bench.families` prints all in some minutes; with `--write` it writes those that double the cost of
a plain clip into docs/catalogue.md and its translation, else it fails if one of them is not named there.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from bench.measure import ROOT
from services.drafts.design import (
    PLAIN,
    Animation,
    AnimationKind,
    AnimationPhase,
    Effect,
    EffectKind,
    Recipe,
    TransitionKind,
)
from services.drafts.kind_names import kind_name
from services.drafts.records import MediaKind, MediaMaterial, TextMaterial, TextStyle
from services.errors import Bilingual
from services.render.box import Size
from services.render.effects.filters import steps
from services.render.effects.recipes import write_recipe
from services.render.encoding import STANDARD_ENCODER
from services.render.picture.chains import Chains
from services.render.picture.mixing import Mixer, TransitionSpan
from services.render.picture.shapes import TAGS
from services.render.picture.transitions import mix
from services.render.process.ffmpeg import find_ffmpeg
from tests.support import kinds
from tests.support.uncoded import frames, timeline_of

SIZE, RATE, FRAMES = Size(1080, 1920), Fraction(30), 16
LENGTH_US = 1_000_000 * FRAMES // 30
CAPTION = TextMaterial(id="text", text="今天也要加油", styles=(TextStyle(start=0, end=6, size=12),))


PAGES = {"en": ROOT / "docs" / "catalogue.md", "zh": ROOT / "docs" / "catalogue.zh.md"}
MARKS = "<!-- dear families -->\n", "<!-- end of dear families -->"
"""Where the pages hold the table."""
NOISE = 1.25
"""The factor by which two measurements of one family differ on a busy machine."""
Kind: TypeAlias = EffectKind | TransitionKind | AnimationKind
OF: Mapping[type[Kind], Bilingual] = {
    EffectKind: Bilingual("effect", "特效"),
    TransitionKind: Bilingual("transition", "转场"),
    AnimationKind: Bilingual("animation", "动画"),
}


def main() -> None:
    """Print the table, the dearest first, and check or write the pages."""
    parser = argparse.ArgumentParser(prog="python -m bench.families", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the dear families into docs/catalogue.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        costs = _costs(Path(name))
    dear = [(kind, cost) for kind, cost in costs if cost > 1]
    for language, page in PAGES.items():
        if asked.write:
            _write(page, [_row(kind, cost, language) for kind, cost in dear])
        told = page.read_text(encoding="utf-8")
        unsaid = [kind for kind, cost in dear if cost > NOISE and _named(kind, language) not in told]
        if unsaid:
            sys.exit(f"{page.name} does not name {', '.join(unsaid)}: run with --write")


def _costs(work: Path) -> list[tuple[Kind, float]]:
    """What each family adds, in costs of a plain clip, the dearest first."""
    clip = _clip(work / "clip.mp4")
    plain = _cost(_shown(clip, ()), STANDARD_ENCODER)
    print(f"a plain clip, decoded and encoded: {plain:.0f} ms a frame")
    decoded, two = _cost(_shown(clip, ())), _cost(_crossing(TransitionKind.DISSOLVE, clip))
    table: list[tuple[Kind, float]] = [(kind, _cost(_shown(clip, found)) - decoded) for kind, found in _effects(work)]
    table += [(kind, _cost(_crossing(kind, clip)) - two) for kind in TransitionKind]
    still = {text: _animated(work, (), text=text) for text in (False, True)}
    for move in AnimationKind:
        whole = Animation(phase=AnimationPhase.IN, kind=move, start_us=0, duration_us=LENGTH_US)
        table.append((move, max(_animated(work, (whole,), text=text) - still[text] for text in (False, True))))
    costs = [(kind, cost / plain) for kind, cost in sorted(table, key=lambda row: -row[1])]
    for kind, cost in costs:
        print(f"{cost:7.2f}  {_named(kind, 'en')}{'  doubles the cost' if cost > 1 else ''}")
    return costs


def _named(kind: Kind, language: str) -> str:
    """A table's cells of a family."""
    of, name = OF[type(kind)], kind_name(kind)
    return f"{of.en} | {name.en}" if language == "en" else f"{of.zh} | {name.zh}"


def _row(kind: Kind, cost: float, language: str) -> str:
    return f"| {_named(kind, language)} | {cost:.1f} |"


def _write(page: Path, rows: list[str]) -> None:
    head, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    titles = ["| | family | adds |", "| | 类别 | 额外开销 |"][page is PAGES["zh"]]
    _, _, tail = rest.partition(MARKS[1])
    table = "\n".join(("", titles, "|---|---|---|", *rows, "", ""))
    page.write_text(f"{head}{MARKS[0]}{table}{MARKS[1]}{tail}", encoding="utf-8")


def _animated(work: Path, moves: tuple[Animation, ...], *, text: bool) -> float:
    """Milliseconds of CPU a frame of a clip, or a caption over one, with animations."""
    clip = MediaMaterial(id="clip", kind=MediaKind.VIDEO, path="clip.mp4")
    segments = [kinds.segment("under", clip, 0, LENGTH_US)] if text else []
    segments.append(kinds.segment("moved", CAPTION if text else clip, 0, LENGTH_US, animations=moves))
    draft = kinds.draft([(each,) for each in segments], SIZE.width, SIZE.height, float(RATE))
    timeline = timeline_of(draft, work, work / "prepared")
    before = _children_s()
    frames(timeline)
    return 1000 * (_children_s() - before) / FRAMES


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
    before = _children_s()
    _run(["-threads", "1", *arguments, *encoder, "-frames:v", str(FRAMES), "-f", "null", "-"])
    return 1000 * (_children_s() - before) / FRAMES


def _children_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _run(arguments: list[str]) -> None:
    program = [find_ffmpeg("").path, "-v", "error", "-y", "-filter_complex_threads", "1", *arguments]
    subprocess.run(program, check=True, timeout=120)


if __name__ == "__main__":
    main()
