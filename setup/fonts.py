"""Fetches the fonts of the set-up into assets/fonts: those of Chinese and Latin captions, and fallbacks for other
scripts. Japanese and Korean fonts keep the characters only that the Chinese one lacks.
"""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools import subset  # type: ignore[import-untyped]  # it has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types

from services.environment import ASSETS_DIR
from services.fonts.install import install
from services.fonts.npm import fetch
from services.render.text.font_table import OPEN_FONTS

FOLDER = ASSETS_DIR / "fonts"
CHINESE = "Noto Sans SC"
SUPPLEMENTS = ("Noto Sans JP", "Noto Sans KR")
OTHERS = ("Metropolis", "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Hebrew", "Noto Sans Thai", "DejaVu Sans")


def main() -> None:
    """Fetch and install."""
    wanted = {font.family: font for font in OPEN_FONTS if font.family in (CHINESE, *SUPPLEMENTS, *OTHERS)}
    with tempfile.TemporaryDirectory() as folder:
        archives = fetch(tuple(wanted.values()), Path(folder))
        faces = {family: install(font, archives[font], FOLDER) for family, font in wanted.items()}
    chinese = _characters(faces[CHINESE][0])
    for path in (path for family in SUPPLEMENTS for path in faces[family]):
        _keep(path, _characters(path) - chinese)


def _characters(path: Path) -> set[int]:
    font: Any = TTFont(path, lazy=True)
    with font:
        return set(font.getBestCmap())


def _keep(path: Path, characters: set[int]) -> None:
    """Remove all other characters from a font file."""
    options: Any = subset.Options(layout_features=["*"], name_IDs=["*"], hinting=False, notdef_outline=True)
    subsetter: Any = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    with TTFont(path) as font:
        subsetter.subset(font)
        written = BytesIO()
        font.save(written)
    path.write_bytes(written.getvalue())


if __name__ == "__main__":
    main()
