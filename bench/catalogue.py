"""Writes the pictures of docs/catalogue.md: every family of transitions and scene effects at five times, as ffmpeg
draws it. Run it after a change of a family: `.venv/bin/python -m bench.catalogue`.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from services.drafts.design import PLAIN, Effect, EffectKind, TransitionKind
from services.render.box import Size
from services.render.effects.filters import steps
from services.render.effects.scenes import SCENES
from services.render.picture.chains import Chains
from services.render.picture.mixing import Mixer, TransitionSpan
from services.render.picture.shapes import TAGS
from services.render.picture.transitions import mix
from services.render.process.ffmpeg import find_ffmpeg
from tests.oracle.scenery import EVENING, MORNING, clip

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "catalogue"
SIZE, TIMES, RATE = Size(96, 54), 5, Fraction(30)
COLUMNS, LABEL, GAP = 2, 14, 4


def main() -> None:
    """Draw both sheets."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        one, other = clip(work / "one.mp4", MORNING), clip(work / "other.mp4", EVENING)
        crossings = [(kind.value, crossing(kind, one, other, work)) for kind in TransitionKind]
        sheet(crossings).save(FOLDER / "transitions.jpg", quality=70)
        sheet((kind.value, scene(kind, one, work)) for kind in SCENES).save(FOLDER / "effects.jpg", quality=70)


def crossing(kind: TransitionKind, one: Path, other: Path, work: Path) -> Image.Image:
    """A transition at even times."""
    chains = Chains()
    sides = [_opened(chains, path, 1) for path in (one, other)]
    mixer = Mixer(chains, SIZE, TransitionSpan(0, TIMES, TIMES, RATE), clear=False)
    return _drawn(chains, mix(mixer, kind, PLAIN, *sides), work)


def scene(kind: EffectKind, one: Path, work: Path) -> Image.Image:
    """An effect at each quarter of a second."""
    chains = Chains()
    width, height = SIZE.width, SIZE.height
    done = steps(Effect(kind=kind), width=width, height=height, rate=RATE, start=0, length=30, alpha=False)
    shown = chains.chain(_opened(chains, one, 30), [*done, "select='eq(mod(n,6),3)'"])
    return _drawn(chains, shown, work)


def _opened(chains: Chains, path: Path, lasting: int) -> str:
    source = chains.open(["-i", str(path)])
    count = TIMES if lasting == 1 else lasting
    scale = f"scale=w={SIZE.width}:h={SIZE.height}"
    return chains.chain(source, [f"trim=end_frame={count}", scale, "format=yuv420p", TAGS, "settb=1/30", "setpts=N"])


def _drawn(chains: Chains, label: str, work: Path) -> Image.Image:
    rgb = ["scale=in_color_matrix=bt709:in_range=tv", "format=rgb24", f"tile={TIMES}x1:padding=2"]
    command = chains.command(chains.chain(label, rgb))
    made = work / "made.png"
    written = ("-map", "[out]", "-frames:v", "1", str(made))
    program = [find_ffmpeg("").path, "-v", "error", "-y", *command.inputs, "-filter_complex", command.graph, *written]
    subprocess.run(program, check=True, timeout=120)
    with Image.open(made) as image:
        return image.convert("RGB")


def sheet(pictures: Iterable[tuple[str, Image.Image]]) -> Image.Image:
    """All pictures below each other, each with its name above."""
    drawn = list(pictures)
    width, height = (drawn[0][1].width + GAP, drawn[0][1].height + LABEL)
    made = Image.new("RGB", (COLUMNS * width, -(-len(drawn) // COLUMNS) * height), "white")
    draw = ImageDraw.Draw(made)
    for index, (name, picture) in enumerate(drawn):
        x, y = index % COLUMNS * width, index // COLUMNS * height
        draw.text((x, y), name, fill="black", font=ImageFont.load_default(11))
        made.paste(picture, (x, y + LABEL))
    return made


if __name__ == "__main__":
    main()
