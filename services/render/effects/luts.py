"""Colour tables (.cube files): validation, rewriting, and lookup by ffmpeg."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from services.render.effects.color import FROM_RGB, TO_RGB
from services.render.media.errors import BadMedia, too_large, unreadable

LARGEST_SIDE = 65
"""Colours along a side of the table, which has this many cubed. Usual sizes are 17, 33 and 65."""
LARGEST_BYTES = 32 * 1024 * 1024
_FARTHEST = 16.0
"""Limit of values: the picture clips to 0..1 anyway."""
_DOMAIN = {"DOMAIN_MIN": (0.0, 0.0, 0.0), "DOMAIN_MAX": (1.0, 1.0, 1.0), "LUT_3D_INPUT_RANGE": (0.0, 1.0)}
"""Supported domains of a table, if it declares one."""

Color = tuple[float, float, float]


def prepare_lut(path: Path, output: Path) -> Path:
    """Read a .cube file and write its numbers only to `output`. Raises `BadMedia`."""
    write_table(*read_table(path), output)
    return output


def read_table(path: Path) -> tuple[int, list[Color]]:
    """The side and the colours of a .cube file, red fastest.

    Tables are three-dimensional, with 2 to `LARGEST_SIDE` colours a side, for colours in 0..1. Raises `BadMedia`.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise too_large(
            f"a LUT file has at most {LARGEST_BYTES // 1024**2} MiB", f"LUT 文件最大 {LARGEST_BYTES // 1024**2} MiB"
        )
    return _parsed(content.decode("utf-8", "replace"))


def write_table(side: int, colors: Iterable[Color], output: Path) -> None:
    """Write a .cube file."""
    with output.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"LUT_3D_SIZE {side}\n")
        file.writelines(f"{red:.6f} {green:.6f} {blue:.6f}\n" for red, green, blue in colors)


def lut_steps(lut: Path, strength: float) -> tuple[str, ...]:
    """The steps of a LUT: s table(rgb) + (1 - s) rgb, with tetrahedral interpolation, which has vector code."""
    look_up = f"lut3d=file={escaped(str(lut))}:interp=tetrahedral"
    if strength < 1:
        mixed = f"blend=all_mode=normal:all_opacity={strength:.5f}"
        look_up = f"split[fx1][fx2];[fx1]{look_up}[fx3];[fx3][fx2]{mixed}"
    return (*TO_RGB, look_up, *FROM_RGB)


def _parsed(text: str) -> tuple[int, list[Color]]:
    side = 0
    colors: list[Color] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "LUT_3D_SIZE":
            side = _side(words)
        elif words[0] == "LUT_1D_SIZE":
            raise unreadable(
                "one-dimensional LUTs are not supported, only LUT_3D_SIZE", "不支持一维 LUT，仅支持 LUT_3D_SIZE"
            )
        elif words[0] in _DOMAIN:
            _check_domain(words)
        elif words[0][0] in "+-.0123456789":
            colors.append(_color(words, number))
            if len(colors) > side**3:
                break
    if not side or len(colors) != side**3:
        raise _broken(
            f"it declares {side**3} colours and has {len(colors)}", f"声明 {side**3} 个颜色，实有 {len(colors)} 个"
        )
    return side, colors


def _side(words: list[str]) -> int:
    text = words[1] if len(words) == 2 else ""
    side = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if side > LARGEST_SIDE:
        raise too_large(
            f"a LUT has at most {LARGEST_SIDE} colours a side; this one has {side}",
            f"LUT 每边最多 {LARGEST_SIDE} 个颜色，此文件为 {side} 个",
        )
    if side < 2:
        raise _broken("LUT_3D_SIZE is not an integer of 2 or more", "LUT_3D_SIZE 不是不小于 2 的数字")
    return side


def _color(words: list[str], line: int) -> Color:
    numbers = list(_numbers(words))
    if len(numbers) != 3:
        raise _broken(f"line {line} is not three numbers", f"第 {line} 行不是三个数字")
    red, green, blue = (min(_FARTHEST, max(-_FARTHEST, number)) for number in numbers)
    return red, green, blue


def _check_domain(words: list[str]) -> None:
    wanted = _DOMAIN[words[0]]
    found = list(_numbers(words[1:]))
    if len(found) != len(wanted) or any(abs(one - other) > 1e-3 for one, other in zip(found, wanted, strict=True)):
        raise unreadable("only LUTs for colours in 0..1 are supported", "仅支持取值范围为 0 到 1 的 LUT")


def _numbers(words: list[str]) -> Iterator[float]:
    """The leading words that are finite numbers."""
    for word in words:
        try:
            number = float(word)
        except ValueError:
            return
        if not math.isfinite(number):
            return
        yield number


def _broken(en: str, zh: str) -> BadMedia:
    return unreadable(f"it is not a valid .cube file: {en}", f"不是有效的 .cube 文件：{zh}")


def escaped(text: str) -> str:
    """A text escaped as an option's value in a filter graph, which is parsed twice."""
    once = "".join(f"\\{sign}" if sign in "\\':" else sign for sign in text)
    return "".join(f"\\{sign}" if sign in "\\'[],; \n" else sign for sign in once)
