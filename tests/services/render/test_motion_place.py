"""Where moving pictures are, to fractions of a pixel: the centre of a mark on the frames handed to the encoder."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.drafts.curves import Curve, Keyframe, Property
from services.drafts.records import Clip, Draft, MediaKind, MediaMaterial
from services.render.picture.chunks import plan
from services.render.timeline.scene import Span
from tests.support import kinds
from tests.support.matrix import sampled
from tests.support.uncoded import frames, timeline_of

S = 1_000_000
SECONDS = 4
GROUND, MARK = 60, 150
RADIUS_PX = 6.0
"""Sigma of the mark on the canvas, at scale 1."""
PHOTO = MediaMaterial(id="marked", kind=MediaKind.PHOTO, path="marked.png")
CLEAR = MediaMaterial(id="clear", kind=MediaKind.PHOTO, path="clear.png")
UNDER = kinds.segment("under", MediaMaterial(id="under", kind=MediaKind.PHOTO, path="under.png"), 0, SECONDS * S)
AS_IT_IS = Clip()
X, Y, WIDE, HIGH, TURN = Property.X, Property.Y, Property.SCALE_X, Property.SCALE_Y, Property.ROTATION


@dataclass(frozen=True)
class Move:
    """A photo with a mark a quarter of its width and height from its corner, moved in even steps over four seconds."""

    width: int
    height: int
    curves: dict[Property, tuple[float, ...]]
    clip: Clip = AS_IT_IS
    over: bool = False
    clear: bool = False

    def draft(self) -> Draft:
        """The photo, alone or over another picture."""
        curves = tuple(Curve(each, _keyframes(values)) for each, values in self.curves.items())
        material = CLEAR if self.clear else PHOTO
        moved = kinds.segment("moved", material, 0, SECONDS * S, clip=self.clip, curves=curves)
        return kinds.draft([*([(UNDER,)] if self.over else []), (moved,)], self.width, self.height)

    def files(self, folder: Path) -> Path:
        """The pictures, as large as the canvas."""
        y, x = np.mgrid[0 : self.height, 0 : self.width] + 0.5
        away = np.hypot(x - self.width / 4, y - self.height / 4) / RADIUS_PX
        grey: NDArray[np.uint8] = np.asarray(np.round(GROUND + MARK * np.exp(-(away**2) / 2)), np.uint8)
        Image.fromarray(grey).convert("RGB").save(folder / "marked.png")
        marked = Image.fromarray(grey).convert("RGBA")
        marked.putpixel((0, 0), (0, 0, 0, 0))
        marked.save(folder / "clear.png")
        Image.new("RGB", (self.width, self.height), (90, 90, 90)).save(folder / "under.png")
        return folder

    def place(self, frame: int) -> tuple[float, float]:
        """The mark's place on the canvas, by the keyframes."""
        at = {each.property: each.at(frame * S / 30) for each in self.draft().tracks[-1].segments[0].curves}
        across = -self.width / 4 * at.get(WIDE, self.clip.scale_x)
        down = -self.height / 4 * at.get(HIGH, self.clip.scale_y)
        angle = math.radians(at.get(TURN, self.clip.rotation_deg))
        x = self.width * (1 + at.get(X, self.clip.x)) / 2 + across * math.cos(angle) - down * math.sin(angle)
        y = self.height * (1 - at.get(Y, self.clip.y)) / 2 + across * math.sin(angle) + down * math.cos(angle)
        return x, y

    def off(self, luma: NDArray[np.uint8], frame: int) -> tuple[float, float]:
        """By how many pixels the mark is off its place."""
        x, y = self.place(frame)
        reach = round(4 * RADIUS_PX)
        top, left = round(y) - reach, round(x) - reach
        seen = luma[top : top + 2 * reach, left : left + 2 * reach].astype(np.float64)
        light = np.clip(seen - seen.min() - 8, 0, None)
        rows, columns = np.mgrid[top : top + light.shape[0], left : left + light.shape[1]] + 0.5
        return float((light * columns).sum() / light.sum() - x), float((light * rows).sum() / light.sum() - y)


def _keyframes(values: tuple[float, ...]) -> tuple[Keyframe, ...]:
    return tuple(Keyframe(SECONDS * S * step // (len(values) - 1), value) for step, value in enumerate(values))


GROWN = Clip(scale_x=1.1, scale_y=1.1)
MOVES: dict[str, Move] = {
    "a slow zoom of the whole canvas": Move(1080, 1920, {WIDE: (1, 1.06), HIGH: (1, 1.06)}),
    "a slow pan of the whole canvas": Move(1280, 720, {X: (-0.02, 0.02), Y: (0.01, -0.01)}, GROWN),
    "a pan that uncovers the ground": Move(1280, 720, {X: (0, 0.04)}),
    "a zoom over another picture": Move(1280, 720, {WIDE: (1, 1.2), HIGH: (1, 1.2), X: (0, 0.1)}, over=True),
    "a large zoom": Move(1280, 720, {WIDE: (1, 2.5), HIGH: (1, 2.5), X: (0, 1), Y: (0, -1)}),
    "a picture with alpha": Move(1280, 720, {WIDE: (0.8, 0.85), HIGH: (0.8, 0.85), Y: (0.01, 0.03)}, clear=True),
    "a picture that shrinks much": Move(1280, 720, {WIDE: (1, 0.4), HIGH: (1, 0.4)}),
    "a slow turn of the whole canvas": Move(1280, 720, {TURN: (-3, 3)}, Clip(scale_x=1.3, scale_y=1.3)),
    "a turn of a small picture": Move(1280, 720, {TURN: (0, 200, 90), X: (-0.3, 0.3)}, Clip(scale_x=0.5, scale_y=0.5)),
}


@pytest.mark.parametrize("name", sampled(MOVES, 2))
def test_a_moving_picture_is_in_its_place_to_a_twentieth_of_a_pixel(tmp_path: Path, name: str) -> None:
    move = MOVES[name]
    timeline = timeline_of(move.draft(), move.files(tmp_path), tmp_path / "work")
    span = Span(50, 54)
    drawn = frames(timeline, [span])[:, : move.width * move.height].reshape(-1, move.height, move.width)
    off = [move.off(luma, span.start + number) for number, luma in enumerate(drawn)]
    assert np.abs(off).max() < 0.05, off


def test_a_moving_picture_that_hides_the_canvas_needs_nothing_below_it(tmp_path: Path) -> None:
    move = Move(640, 360, {WIDE: (1, 1.06), HIGH: (1, 1.06)}, over=True)
    (chunk,) = plan(timeline_of(move.draft(), move.files(tmp_path), tmp_path / "work"))
    assert [use.item.segment_id for use in chunk.uses] == ["moved"]


def test_a_moving_picture_that_uncovers_the_canvas_hides_nothing(tmp_path: Path) -> None:
    move = Move(640, 360, {X: (0, 0.01)}, over=True)
    (chunk,) = plan(timeline_of(move.draft(), move.files(tmp_path), tmp_path / "work"))
    assert [use.item.segment_id for use in chunk.uses] == ["under", "moved"]
