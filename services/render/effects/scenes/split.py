"""The picture several times: two or three beside each other along the longer side, else in rows and columns; each shows
the middle of it.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def grid(count: int, sides: Size) -> tuple[int, int]:
    """Columns and rows of a number of pictures."""
    wide = sides.width >= sides.height
    if count in (2, 3):
        return (count, 1) if wide else (1, count)
    if count == 6:
        return (3, 2) if wide else (2, 3)
    return (3, 3) if count >= 9 else (2, 2)


def steps(_: float, look: Variation, sides: Size, __: Clock) -> tuple[str, ...]:
    """The pictures, scaled and put together."""
    columns, rows = grid(look.number(4, 3, 2, 9), sides)
    least = min(columns, rows)
    (cut_x, cell_x), (cut_y, cell_y) = (
        (max(2, side * least // number // 2 * 2), max(2, 2 * round(side / number / 2)))
        for side, number in ((sides.width, columns), (sides.height, rows))
    )
    one = f"crop=w={cut_x}:h={cut_y},scale=w={cell_x}:h={cell_y}"
    count = columns * rows
    labels = "".join(f"[gx{number}]" for number in range(count))
    layout = "|".join(f"{column * cell_x}_{row * cell_y}" for row in range(rows) for column in range(columns))
    whole = f"scale=w={sides.width}:h={sides.height}"
    return (
        "format=yuva444p|yuv444p",
        f"{one},split={count}{labels};{labels}xstack=inputs={count}:layout={layout},{whole}",
    )
