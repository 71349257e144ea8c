"""Helpers that put features into a draft."""

from collections.abc import Callable
from typing import Any, TypeAlias

from tests.oracle.studies import DIFFERENCE, SSIM, Feature, Slot

Json: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[Slot], object]
HALF: Json = {"scale": {"x": 0.5, "y": 0.5}}
LARGE: Json = {"scale": {"x": 0.8, "y": 0.8}}


def feature(
    group: str,
    name: str,
    draw: Draw,
    *wants: str,
    ssim: float = SSIM,
    difference: float = DIFFERENCE,
    why: str = "",
    best: int = 1,
) -> Feature:
    """A feature; `why` is the reason of an unusual bound."""
    wanted = frozenset(wants)
    return Feature(
        group=group, name=name, draw=draw, wants=wanted, ssim=ssim, difference=difference, why=why, best=best
    )


def clip(path: str = "morning.mp4", **options: Any) -> Draw:
    """A clip on the main track."""
    return lambda slot: slot.main(path, **options)


def upon(path: str = "evening.mp4", **options: Any) -> Draw:
    """A clip over another."""

    def draw(slot: Slot) -> None:
        slot.main()
        slot.over(path, **options)

    return draw


def caption(text: str, **options: Any) -> Draw:
    """A caption over a clip."""

    def draw(slot: Slot) -> None:
        slot.main("evening.mp4")
        slot.text(text, **options)

    return draw
