"""The film strip of the gallery: captions in several scripts, and the place of a picture that is zoomed slowly."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.drafts.records import Glow, Karaoke, SpokenWord, Stroke, TextMaterial, TextStyle
from services.render.text.captions import draw_text
from services.render.text.fonts import FontBook, find_fonts
from services.render.timeline.karaoke import spoken
from services.render.timeline.scene import Span
from tests.services.render.test_motion_place import HIGH, SECONDS, WIDE, Move
from tests.support.uncoded import frames, timeline_of

SCRIPTS = {
    "Chinese": "你好，世界", "Latin": "Good morning", "Vietnamese": "Chào buổi sáng", "Japanese": "おはようございます",
    "Korean": "좋은 아침입니다", "Arabic": "صباح الخير", "Hebrew": "בוקר טוב", "Thai": "สวัสดีตอนเช้า",
    "Devanagari": "शुभ प्रभात", "emoji": "👩🏽‍🚀 🇯🇵 ❤️",
}  # fmt: skip
SUNG = "一闪一闪亮晶晶"
CANVAS = 720, 240
CELL, COLUMNS, LABEL = (240, 80), 3, 16
GROUND, RED, GOLD = (38, 44, 60), (1.0, 0.25, 0.3, 1.0), (1.0, 0.86, 0.0, 1.0)
ZOOM = Move(640, 360, {WIDE: (1, 1.06), HIGH: (1, 1.06)})
"""By 6 % in four seconds."""
PLOT = Span(0, 60)
"""The frames of the plot."""


PAGE = """## Captions and slow motion

![Captions in ten scripts, a glow, and karaoke](gallery/captions.jpg)

Where a mark is in each frame of a zoom by 6 % in four seconds, 640x360: on the frames handed to the encoder, and as it
would be in whole pixels, which is computed ([table](gallery/slow-zoom.csv)).

![The place of a mark over time](gallery/slow-zoom.png)
"""


@dataclass(frozen=True)
class Place:
    """The mark's place across in a frame, in pixels: by the keyframes, in whole pixels, and as drawn."""

    frame: int
    wanted: float
    whole: float
    drawn: float


def write(folder: Path, work: Path) -> str:
    """Write the pictures and the table to a folder. Returns the part of the page."""
    captions().save(folder / "captions.jpg", quality=82, optimize=True)
    found = places(work)
    write_places(found, folder / "slow-zoom.csv")
    plot(found).quantize(32).save(folder / "slow-zoom.png", optimize=True)
    return PAGE


def captions() -> Image.Image:
    """A sheet of captions, each with its name above."""
    book, cells = find_fonts(()), list(_captions())
    width, height = CELL[0] + 4, CELL[1] + LABEL
    made = Image.new("RGB", (COLUMNS * width, -(-len(cells) // COLUMNS) * height), "white")
    draw = ImageDraw.Draw(made)
    for index, (name, text) in enumerate(cells):
        x, y = index % COLUMNS * width, index // COLUMNS * height
        draw.text((x, y), name, fill="black", font=ImageFont.load_default(11))
        made.paste(_drawn(text, book), (x, y + LABEL))
    return made


def _captions() -> Iterator[tuple[str, TextMaterial]]:
    for name, text in SCRIPTS.items():
        yield name, _caption(text, TextStyle(start=0, end=len(text), size=14, stroke=Stroke(0.06, (0, 0, 0, 1))))
    lit = TextStyle(start=0, end=4, size=18, glow=Glow(GOLD, 0.4, 0.45))
    yield "glow", _caption("Glow", lit)
    words = tuple(SpokenWord(place * 300_000, place + 1) for place in range(len(SUNG)))
    sung = TextMaterial(
        id="sung", text=SUNG, styles=(TextStyle(start=0, end=len(SUNG), size=16),), karaoke=Karaoke(RED, words)
    )
    for stage in (1, 4, 7):
        yield f"karaoke, word {stage}", spoken(sung)[stage][1]


def _caption(text: str, style: TextStyle) -> TextMaterial:
    return TextMaterial(id=text, text=text, styles=(style,))


def _drawn(text: TextMaterial, book: FontBook) -> Image.Image:
    cell = Image.new("RGB", CANVAS, GROUND)
    drawn, _ = draw_text(text, book, canvas_width=CANVAS[0], canvas_height=CANVAS[1])
    if drawn is not None:
        cell.paste(drawn.image, (CANVAS[0] // 2 + drawn.left_px, CANVAS[1] // 2 + drawn.top_px), drawn.image)
    return cell.resize(CELL, Image.Resampling.LANCZOS)


def places(folder: Path) -> list[Place]:
    """The places of the mark of `ZOOM`, measured on the frames handed to the encoder."""
    timeline = timeline_of(ZOOM.draft(), ZOOM.files(folder), folder / "work")
    drawn = frames(timeline, [PLOT])[:, : ZOOM.width * ZOOM.height].reshape(-1, ZOOM.height, ZOOM.width)
    found: list[Place] = []
    for number, luma in enumerate(drawn):
        wanted, _ = ZOOM.place(number)
        half = round(ZOOM.width * (1 + 0.06 * number / (30 * SECONDS)) / 2)
        whole = ZOOM.width / 2 - half / 2
        found.append(Place(number, wanted, whole, wanted + ZOOM.off(luma, number)[0]))
    return found


def write_places(found: list[Place], path: Path) -> None:
    """Write the places as a table."""
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("frame", "keyframes", "whole pixels", "drawn"))
        writer.writerows((each.frame, *(f"{x:.3f}" for x in (each.wanted, each.whole, each.drawn))) for each in found)


def plot(found: list[Place]) -> Image.Image:
    """The places over time: grey steps of whole pixels, and what is drawn in red on the black line of the keyframes."""
    width, height, edge = 640, 260, 30
    made = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(made)
    low = min(min(each.wanted, each.whole) for each in found)
    high = max(max(each.wanted, each.whole) for each in found)

    def at(frame: float, place: float) -> tuple[float, float]:
        across = edge + frame / len(found) * (width - 2 * edge)
        return across, edge + (place - low) / (high - low) * (height - 2 * edge)

    steps = [at(frame, each.whole) for each in found for frame in (each.frame, each.frame + 1)]
    draw.line(steps, fill=(150, 150, 150), width=2)
    draw.line([at(each.frame + 0.5, each.wanted) for each in found], fill="black")
    for each in found:
        x, y = at(each.frame + 0.5, each.drawn)
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(220, 40, 50))
    worst = np.abs([each.drawn - each.wanted for each in found]).max()
    label = f"{high - low:.1f} px in 2 s; red: as drawn, off by {worst:.3f} px at most; grey: in whole pixels"
    draw.text((edge, 8), label, fill="black", font=ImageFont.load_default(11))
    return made
