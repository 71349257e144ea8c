"""Writes services/render/text/font_table.py: the open fonts that can be fetched, and what they stand in for.

Asks npm for the newest release of each package, and reads the metrics in the fonts themselves. Run it after a change of
the lists below: `.venv/bin/python -m setup.make_font_table`.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types

from services.fonts.install import is_file_of
from services.fonts.npm import npm_command

FILE = Path(__file__).parent.parent / "services" / "render" / "text" / "font_table.py"
HEAD = '''"""Open fonts by family, and the names by which drafts mean them. Made by setup/make_font_table.py."""

from services.render.text.open_font import OpenFont

'''
WHOLE = "@expo-google-fonts/"
"""The packages that hold whole TrueType files, a folder for each weight and the font's own licence."""
OFL = "OFL-1.1"

LATIN = (
    "Abril Fatface", "Alfa Slab One", "Amiri", "Anton", "Archivo Black", "Arimo", "Bangers", "Be Vietnam Pro",
    "Bebas Neue", "Bungee", "Cairo", "Caveat", "Comic Neue", "Cousine", "DM Sans", "Dancing Script", "Fredoka", "Inter",
    "Josefin Sans", "Kanit", "Lato", "Lobster", "Lora", "Luckiest Guy", "Montserrat", "Nunito", "Open Sans", "Oswald",
    "Pacifico", "Playfair Display", "Poppins", "Quicksand", "Raleway", "Roboto", "Rubik", "Russo One",
    "Scheherazade New", "Tajawal", "Tinos", "Work Sans",
)  # fmt: skip
"""Families of which all weights are taken."""
SOME_WEIGHTS = {
    "Black Han Sans": "400*/*.ttf",
    "Ma Shan Zheng": "400*/*.ttf",
    "Noto Color Emoji": "400*/*.ttf",
    "Noto Sans Arabic": "[47]00*/*.ttf",
    "Noto Sans Devanagari": "[47]00*/*.ttf",
    "Noto Sans Hebrew": "[47]00*/*.ttf",
    "Noto Sans JP": "[34579]00*/*.ttf",
    "Noto Sans KR": "[34579]00*/*.ttf",
    "Noto Sans SC": "[34579]00*/*.ttf",
    "Noto Sans Thai": "[47]00*/*.ttf",
    "Noto Serif SC": "[4579]00*/*.ttf",
    "ZCOOL KuaiLe": "400*/*.ttf",
    "ZCOOL QingKe HuangYou": "400*/*.ttf",
    "ZCOOL XiaoWei": "400*/*.ttf",
    "Zhi Mang Xing": "400*/*.ttf",
}
"""Large families, and their files."""
OTHERS = {
    "DejaVu Sans": ("dejavu-fonts-ttf", "ttf/DejaVuSans.ttf ttf/DejaVuSans-*.ttf", "Bitstream-Vera", "LICENSE"),
    "LXGW WenKai": ("@fontsource/lxgw-wenkai", "files/*-latin-*.woff", OFL, "LICENSE"),
    "Metropolis": ("@fontsource/metropolis", "files/*-latin-*.woff", "Unlicense", "LICENSE"),
    "Permanent Marker": (f"{WHOLE}permanent-marker", "*/*.ttf", "Apache-2.0", "LICENSE_FONT"),
    "Smiley Sans Oblique": ("@chinese-fonts/dyh", "dist/SmileySans-Oblique/*.woff2", OFL, "LICENSE"),
}
"""Families of other packages: package, files, licence of the font, file of the licence."""
ALIASES = {
    "Noto Sans SC": ("思源黑体", "Source Han Sans CN", "Source Han Sans SC", "Source Han Sans"),
    "Noto Serif SC": ("思源宋体", "Source Han Serif CN", "Source Han Serif SC", "Source Han Serif"),
    "Noto Serif SC Medium": ("思源中宋",),
    "Noto Serif SC Black": ("思源粗宋",),
    "LXGW WenKai": ("霞鹜文楷",),
    "Metropolis": ("en",),
    "Smiley Sans Oblique": ("得意黑", "Smiley Sans"),
    "ZCOOL KuaiLe": ("快乐体", "站酷快乐体"),
    "ZCOOL XiaoWei": ("小薇体", "站酷小薇体", "站酷小薇LOGO体"),
    "ZCOOL QingKe HuangYou": ("黄油体", "站酷庆科黄油体"),
    "Ma Shan Zheng": ("马善政楷体", "马善政毛笔楷书"),
    "Zhi Mang Xing": ("志莽行书", "钟齐志莽行书"),
}
"""Other names of the same fonts in drafts. `en` is the apps' default font of Latin letters, drawn by its look-alike."""
STAND_INS = {
    "CapCutSansText": ("Metropolis", (0.795, 0.205)),
    "Arial": ("Arimo", (1491 / 2048, 431 / 2048)),
    "arialbd": ("Arimo Bold", (1491 / 2048, 431 / 2048)),
    "Helvetica": ("Arimo", None),
    "Times New Roman": ("Tinos", None),
    "times": ("Tinos", None),
    "timesbd": ("Tinos Bold", None),
    "Courier New": ("Cousine", None),
    "Verdana": ("DejaVu Sans", None),
    "verdanab": ("DejaVu Sans Bold", None),
    "Impact": ("Anton", None),
    "comicbd": ("Comic Neue Bold", None),
    "Comic Sans MS": ("Comic Neue", None),
    "KFGQPC*": ("Amiri", (1.078, 0.607)),
}
"""Other fonts that open ones look like (a * stands for the rest of a name), and their ascent and descent in em where
they are known: those of Arial are Liberation Sans's, made to agree with it; the cell of KFGQPC (1.685 em) was measured
on covers that the app drew, and is divided as Amiri's is.
"""


def main() -> None:
    """Write the table."""
    rows = sorted(_rows(), key=lambda row: row["family"])
    fonts = "".join(f"OpenFont({', '.join(f'{name}={value!r}' for name, value in row.items())}),\n" for row in rows)
    aliases = {alias: family for family, names in ALIASES.items() for alias in names}
    FILE.write_text(
        f"{HEAD}OPEN_FONTS: tuple[OpenFont, ...] = (\n{fonts})\n"
        f'ALIASES: dict[str, str] = {aliases!r}\n"""Other names of open fonts, by which drafts mean the very font."""\n'
        f"STAND_INS: dict[str, tuple[str, tuple[float, float] | None]] = {_stand_ins()!r}\n"
        '"""Names of other fonts: the open font that looks like each, and their own ascent and descent in em."""\n',
        encoding="utf-8",
    )
    subprocess.run([Path(sys.executable).with_name("ruff"), "format", "--quiet", FILE], check=True)
    print(f"{len(rows)} fonts, {FILE.stat().st_size} bytes")


def _stand_ins() -> dict[str, tuple[str, tuple[float, float] | None]]:
    return {
        name: (family, metrics and (round(metrics[0], 4), round(metrics[1], 4)))
        for name, (family, metrics) in STAND_INS.items()
    }


def _rows() -> Iterator[dict[str, Any]]:
    for family, files in {**dict.fromkeys(LATIN, "*/*.ttf"), **SOME_WEIGHTS}.items():
        yield _row(family, WHOLE + family.lower().replace(" ", "-"), files, OFL, "LICENSE_FONT")
    for family, package in OTHERS.items():
        yield _row(family, *package)


def _row(family: str, package: str, files: str, licence: str, licence_file: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [*npm_command(), "pack", "--json", "--pack-destination", folder, package]
        (packed,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        with tarfile.open(Path(folder) / packed["filename"]) as archive:
            ascent, descent = _metrics(archive, files)
    return {
        "family": family,
        "package": package,
        "version": packed["version"],
        "integrity": packed["integrity"],
        "size": packed["size"],
        "files": files,
        "licence": licence,
        "licence_file": licence_file,
        "ascent": ascent,
        "descent": descent,
    }


def _metrics(archive: tarfile.TarFile, files: str) -> tuple[float, float]:
    """The typographic ascent and descent in em of the family's regular face, else of its first one."""
    names = sorted(name for name in archive.getnames() if is_file_of(files, name))
    chosen = next((name for name in names if "400" in name), names[0])
    content = archive.extractfile(chosen)
    assert content is not None
    font: Any = TTFont(BytesIO(content.read()), lazy=True)
    em = font["head"].unitsPerEm
    return round(font["OS/2"].sTypoAscender / em, 4), round(-font["OS/2"].sTypoDescender / em, 4)


if __name__ == "__main__":
    main()
