"""Writes docs/gallery.md and its pictures: `make gallery`.

Every feature is rendered, and one frame of it is shown beside the frame of the slow reference compositor.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench import strip
from tests.oracle.compare import Likeness
from tests.oracle.features import FEATURES, GROUPS
from tests.oracle.pixels import Pixels
from tests.oracle.scenery import HEIGHT, WIDTH, media_in
from tests.oracle.studies import DIFFERENCE, SSIM, Feature, Study

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAIRS = 2
"""Features beside each other on a sheet."""
CELL_WIDTH = 192
CELL_HEIGHT = round(CELL_WIDTH * HEIGHT / WIDTH)
GAP, LABEL = 6, 16
QUALITY = 80
HEAD = f"""# Gallery

One frame of every feature: on the left as draftcast renders it, on the right as the reference draws it, a slow
compositor in `tests/oracle` that knows nothing of ffmpeg's filters. `make gallery` makes this page anew.

SSIM is that of the brightness, 1 being equal; the difference is the mean over all channels, of 255, away from edges.
Both are the worst of the frames that the tests compare. They must be at least {SSIM} and at most {DIFFERENCE:g},
unless a feature says otherwise.
"""


def main() -> None:
    """Render every feature and write the page."""
    folder = DOCS / "gallery"
    folder.mkdir(exist_ok=True)
    page = [HEAD]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        media_in(work / "media")
        page.append(strip.write(folder, work / "zoom"))
        for group in GROUPS:
            features = [feature for feature in FEATURES if feature.group == group]
            study = Study(features, work / "media", work / group)
            picture = folder / f"{group.replace(' ', '-')}.jpg"
            sheet(study, features).save(picture, quality=QUALITY, optimize=True)
            page.append(section(group, picture, study, features))
            print(f"{group}: {len(features)} features")
    (DOCS / "gallery.md").write_text("\n".join(page), encoding="utf-8")


def section(group: str, picture: Path, study: Study, features: list[Feature]) -> str:
    """A group's part of the page."""
    rows = "\n".join(row(study, feature) for feature in features)
    title = group.capitalize()
    head = "| feature | SSIM | difference | |\n|---|---|---|---|"
    return f"## {title}\n\n![{title}](gallery/{picture.name})\n\n{head}\n{rows}\n"


def row(study: Study, feature: Feature) -> str:
    """A feature's line of the table."""
    found = worst(study.likenesses(feature))
    usual = (feature.ssim, feature.difference) == (SSIM, DIFFERENCE)
    why = feature.why if usual else f"at least {feature.ssim}, at most {feature.difference:g}: {feature.why}"
    return f"| {feature.name} | {found.ssim:.3f} | {found.difference:.1f} | {why} |"


def worst(found: list[Likeness]) -> Likeness:
    """The worst of each figure."""
    return Likeness(min(each.ssim for each in found), max(each.difference for each in found))


def sheet(study: Study, features: list[Feature]) -> Image.Image:
    """All features of a group in one picture, each with its name above."""
    width, height = 2 * CELL_WIDTH + GAP // 2, CELL_HEIGHT + LABEL
    rows = -(-len(features) // PAIRS)
    size = PAIRS * (width + GAP) + GAP, rows * (height + GAP) + GAP
    made = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(made)
    for index, feature in enumerate(features):
        x, y = GAP + index % PAIRS * (width + GAP), GAP + index // PAIRS * (height + GAP)
        draw.text((x, y), feature.name, fill="black", font=ImageFont.load_default(11))
        for side, cell in enumerate(cells(study, feature)):
            made.paste(cell, (x + side * (CELL_WIDTH + GAP // 2), y + LABEL))
    return made


def cells(study: Study, feature: Feature) -> Iterator[Image.Image]:
    """A frame of a feature: the render's, and the reference's."""
    frame = study.frames(feature)[feature.best]
    yield from (small(pixels) for pixels in (study.shown(frame), study.wanted(frame)))


def small(pixels: Pixels) -> Image.Image:
    """A frame at the size of the gallery."""
    image = Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    return image.resize((CELL_WIDTH, CELL_HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
