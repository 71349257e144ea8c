"""Fetches the fonts of the set-up into assets/fonts: those of Chinese and Latin captions, and fallbacks for other
scripts and for emoji. Japanese and Korean fonts keep the characters only that the Chinese one lacks, and spaces.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from fontTools import subset  # type: ignore[import-untyped]  # it has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types

from services.environment import ASSETS_DIR
from services.fonts.install import install
from services.fonts.npm import fetch
from services.render.text.font_table import OPEN_FONTS
from services.render.text.open_font import OpenFont

FOLDER = ASSETS_DIR / "fonts"
FRESH = ASSETS_DIR / "fonts.new"
CHINESE = "Noto Sans SC"
SUPPLEMENTS = ("Noto Sans JP", "Noto Sans KR")
EMOJI = "Noto Color Emoji"
SUPPLEMENT = "Supplement"
WEIGHTS = "[47]00*/*.ttf"
"""The weights of Noto Sans: regular and bold."""
OTHERS = ("Metropolis", "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Hebrew", "Noto Sans Thai", "DejaVu Sans")


def main() -> None:
    """Fetch and install; what an earlier set-up left is replaced when all is there."""
    shutil.rmtree(FRESH, ignore_errors=True)
    wanted = {font.family: font for font in OPEN_FONTS if font.family in (CHINESE, EMOJI, *SUPPLEMENTS, *OTHERS)}
    with tempfile.TemporaryDirectory() as folder:
        archives = fetch(tuple(wanted.values()), Path(folder))
        faces = {family: _installed(font, archives[font]) for family, font in wanted.items()}
    chinese = _characters(faces[CHINESE][0])
    for path in (path for family in SUPPLEMENTS for path in faces[family]):
        own = _characters(path)
        _supplement(path, own - chinese | {letter for letter in own if chr(letter).isspace()})
    _without_svg(faces[EMOJI][0])
    shutil.rmtree(FOLDER, ignore_errors=True)
    FRESH.rename(FOLDER)


def _installed(font: OpenFont, archive: Path) -> list[Path]:
    files = WEIGHTS if font.family.startswith("Noto Sans") else font.files
    return install(replace(font, files=files), archive, FRESH)


def _characters(path: Path) -> set[int]:
    font: Any = TTFont(path, lazy=True)
    with font:
        return set(font.getBestCmap())


def _supplement(path: Path, characters: set[int]) -> None:
    """Replace a font file by one of these characters only, under another name: it is not the font that drafts name."""
    options: Any = subset.Options(layout_features=["*"], name_IDs=["*"], hinting=False, notdef_outline=True)
    subsetter: Any = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    font: Any = TTFont(path, recalcTimestamp=False)
    with font:
        subsetter.subset(font)
        family = font["name"].getBestFamilyName()
        for name in font["name"].names:
            text = name.toUnicode()
            name.string = text.replace(family, f"{family} {SUPPLEMENT}").replace(
                family.replace(" ", ""), f"{family.replace(' ', '')}{SUPPLEMENT}"
            )
        font.save(path.with_name(path.name.replace("-", f"{SUPPLEMENT}-")))
    path.unlink()


def _without_svg(path: Path) -> None:
    """Remove the pictures that the font has twice, 20 of 25 MB: what is drawn is COLR."""
    font: Any = TTFont(path, lazy=True, recalcTimestamp=False)
    with font:
        del font["SVG "]
        font.save(path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


if __name__ == "__main__":
    main()
