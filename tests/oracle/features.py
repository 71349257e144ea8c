"""Features compared with the reference: positions, times, and stacking."""

from typing import Any

from tests.oracle.drawings import Draw, Json, caption, clip, upon
from tests.oracle.features_design import DESIGNS
from tests.oracle.features_motion import MOTIONS
from tests.oracle.features_other import OTHERS
from tests.oracle.studies import Feature, Slot
from tests.support.drafts import solid

QUARTER_S = 250_000


def scaled(size: float, **more: Any) -> Json:
    """A clip's place at a size."""
    return {"scale": {"x": size, "y": size}, **more}


PLACING: tuple[tuple[str, Draw], ...] = (
    ("plain", clip()),
    ("fitted", clip("tall.mp4")),
    ("photo", clip("postcard.png")),
    ("cropped", clip("postcard.png", crop={f"{row}_left_x": 0.4 for row in ("upper", "lower")})),
    ("scaled", upon(clip=scaled(0.5))),
    ("stretched", upon(uniform_scale={"on": False}, clip={"scale": {"x": 0.7, "y": 0.3}})),
    ("moved", upon(clip=scaled(0.4, transform={"x": 0.45, "y": -0.4}))),
    ("turned", upon(clip=scaled(0.5, rotation=25.0))),
    ("turned by a quarter", upon("postcard.png", clip=scaled(0.6, rotation=90.0))),
    ("flipped", upon(clip=scaled(0.6, flip={"horizontal": True, "vertical": False}))),
    ("upside down and turned", upon(clip=scaled(0.5, rotation=140.0, flip={"horizontal": False, "vertical": True}))),
    ("half clear", upon(clip=scaled(0.7, alpha=0.5))),
    ("clear in places", upon("badge.png", clip=scaled(0.8))),
    ("clear in places and turned", upon("badge.png", clip=scaled(0.8, rotation=20.0, alpha=0.8))),
    ("zoomed", clip(clip=scaled(2.5, transform={"x": 0.8, "y": -0.6}))),
    ("zoomed and turned", clip(clip=scaled(3.0, rotation=30.0))),
    ("partly outside", upon(clip=scaled(0.5, transform={"x": 0.9, "y": 0.8}, rotation=15.0))),
)
TIME: tuple[tuple[str, Draw], ...] = (
    ("trimmed", clip(source_start_us=QUARTER_S)),
    ("double speed", clip(speed=2.0)),
    ("half speed", clip(speed=0.5)),
    ("crooked speed", clip(speed=1.48408)),
    ("60 frames a second", clip("fast.mp4")),
    ("variable frame rate", clip("varied.mp4")),
    ("stored lying on its side", clip("lying.mp4")),
    ("frozen at its end", clip(source_start_us=7 * QUARTER_S)),
    ("gif", clip("moving.gif")),
)


def _stack(slot: Slot) -> None:
    slot.main()
    slot.over(track="high", render_index=5, clip=scaled(0.4))
    slot.over("postcard.png", track="low", render_index=3, clip=scaled(0.7))


def _all_kinds(slot: Slot) -> None:
    slot.main()
    slot.over("badge.png", clip=scaled(0.6, transform={"x": -0.5, "y": 0.3}))
    slot.text("Hills", size=12, clip={"transform": {"x": 0.0, "y": -0.6}})
    slot.over("tall.mp4", track="top", render_index=16000, clip=scaled(0.5, transform={"x": 0.6, "y": 0.0}))


_GRADIENT = {
    "alpha": 1.0,
    "content": {
        "render_type": "gradient",
        "gradient": {"angle": 90.0, "mode": "all", "color": [[1, 0.9, 0.3], [1, 0.3, 0.5]], "percent": [0.0, 1.0]},
    },
}
_STYLES = [
    {"range": [0, 4], "size": 12, "fill": solid(1.0, 1.0, 1.0), "bold": True},
    {"range": [4, 9], "size": 18, "fill": solid(1.0, 0.8, 0.2), "italic": True},
    {"range": [9, 13], "size": 12, "fill": solid(0.6, 0.9, 1.0), "underline": True},
]
_BOX = {
    "background_style": 1, "background_color": "#203040", "background_alpha": 0.7, "background_round_radius": 0.4,
    "background_width": 0.3, "background_height": 0.3,
}  # fmt: skip
_FILL = {"range": [0, 7], "size": 14, "fill": solid(1.0, 0.9, 0.3)}
_OUTLINED = {**_FILL, "strokes": [{"width": 0.08, "content": solid(0.1, 0.1, 0.4)["content"]}]}
TEXTS: tuple[tuple[str, Draw], ...] = (
    ("caption", caption("Morning", size=14, clip={"transform": {"x": 0.0, "y": -0.5}})),
    ("outlined", caption("Morning", styles=[_OUTLINED])),
    ("turned", caption("Morning", size=14, clip={"rotation": 20.0})),
    ("half clear", caption("Morning", size=20, clip={"alpha": 0.5})),
    ("several styles", caption("One large two", styles=_STYLES)),
    ("a gradient", caption("Morning", styles=[{**_FILL, "fill": _GRADIENT}])),
    ("in a box", caption("山间清晨", size=14, material=_BOX)),
    ("vertical", caption("山间清晨", size=12, material={"typesetting": 1})),
    ("squeezed", caption("Morning", uniform_scale={"on": False}, size=14, clip={"scale": {"x": 1.5, "y": 0.8}})),
)


def _curved(slot: Slot) -> None:
    """Slow, fast and slow again: twice as fast in the mean."""
    slot.main(speed=2.0)
    slot.builder.last["speed"] = 1.0
    points = [{"x": 0.0, "y": 0.5}, {"x": 0.5, "y": 3.0}, {"x": 1.0, "y": 0.5}]
    slot.builder.using("speeds", type="speed", mode=1, speed=1.0, curve_speed={"speed_points": points})


STACKING: tuple[tuple[str, Draw], ...] = (
    ("by render_index", _stack),
    ("all kinds together", _all_kinds),
)


def _plain(group: str, drawings: tuple[tuple[str, Draw], ...]) -> list[Feature]:
    return [Feature(group=group, name=name, draw=draw) for name, draw in drawings]


FEATURES: tuple[Feature, ...] = (
    *_plain("placing", PLACING),
    *_plain("time", TIME),
    Feature(group="time", name="gap", draw=lambda slot: slot.main(start=4, end=9), best=0),
    Feature(group="time", name="reverse", draw=clip(reverse=True), wants=frozenset({"reverse"})),
    Feature(
        group="time",
        name="reverse at double speed",
        draw=clip(reverse=True, speed=2.0, source_start_us=QUARTER_S),
        wants=frozenset({"reverse"}),
    ),
    Feature(group="time", name="a curve of speed", draw=_curved),
    *_plain("text", TEXTS),
    *_plain("stacking", STACKING),
    *MOTIONS,
    *DESIGNS,
    *OTHERS,
)
GROUPS = tuple(dict.fromkeys(feature.group for feature in FEATURES))
