"""Features compared with the reference: keys, stickers, compounds, and combinations."""

from collections.abc import Iterator

from tests.oracle.drawings import HALF, LARGE, Draw, Json, feature
from tests.oracle.features_motion import keyframes
from tests.oracle.scenery import FPS, HEIGHT, WIDTH
from tests.oracle.studies import Feature, Slot
from tests.support.drafts import DraftBuilder

DEEPEST = 3
"""Maximum depth of compounds that are drawn."""


def _keyed(slot: Slot) -> None:
    slot.main()
    slot.over("screened.png", clip=LARGE)
    strength = {"intensity": 0.3, "intensity_value": 0.3, "shadow": 0.1, "shadow_value": 0.1}
    slot.builder.using("chromas", type="chroma", color="#00c83cff", **strength)


def _sticker(slot: Slot) -> None:
    slot.main()
    slot.sticker(clip={"scale": {"x": 0.4, "y": 0.4}, "transform": {"x": -0.6, "y": 0.4}, "rotation": 20.0})


def _compound(levels: int) -> Draw:
    def draw(slot: Slot) -> None:
        slot.main()
        _nested(slot.builder, *slot.span(), levels)

    return draw


def _nested(builder: DraftBuilder, start_us: int, duration_us: int, levels: int) -> None:
    """A compound of a clip, a badge, and the next compound."""
    inner = DraftBuilder(WIDTH, HEIGHT, FPS)
    inner.video("evening.mp4", 0, duration_us, clip=HALF)
    inner.photo("badge.png", 0, duration_us, track="badge", clip={"scale": {"x": 0.4, "y": 0.4}})
    if levels > 1:
        _nested(inner, 0, duration_us, levels - 1)
    clip: Json = {**LARGE, "rotation": 10.0, "transform": {"x": 0.1, "y": 0.1}}
    builder.video("", start_us, duration_us, track="compound", render_index=5, clip=clip)
    builder.using("drafts", type="combination", name=f"inner {levels}", draft=inner.content())


def _filter_between(slot: Slot) -> None:
    slot.main()
    slot.over("postcard.png", render_index=20000)
    slot.track("filter", "effects", type="filter", name="黑白", value=1.0, effect_id="5001", resource_id="5001")


def _all_at_once(slot: Slot) -> None:
    """A clip with motion, reverse playback, mask, filter, blend mode and blurred background."""
    slot.main("tall.mp4", clip={"scale": {"x": 0.9, "y": 0.9}})
    slot.builder.using("canvases", type="canvas_blur", blur=0.375)
    slot.over(clip=LARGE, reverse=True, **keyframes(PositionX=(-0.3, 0.3), Rotation=(0.0, 30.0), Alpha=(0.6, 1.0)))
    config = {"centerX": 0.0, "centerY": 0.0, "width": 0.5, "height": 0.8, "rotation": 0.0, "feather": 0.2}
    slot.builder.using("common_mask", type="mask", name="圆形", resource_type="circle", config=config)
    slot.builder.using("effects", type="filter", name="暖色", value=1.0)
    slot.builder.using("effects", type="mix_mode", name="滤色", value=1.0)


def _others() -> Iterator[Feature]:
    yield feature("others", "chroma key", _keyed, "chroma")
    yield feature("others", "sticker", _sticker, "2 items")
    yield feature("others", "compound clip", _compound(1), "2 items")
    yield feature("others", "compound clips, three levels deep", _compound(DEEPEST), "2 items")
    yield feature("others", "a filter between two tracks", _filter_between, "black_white")
    at_once = ("moving x", "moving alpha", "reverse", "mask", "warm", "blend screen", "cover")
    yield feature("others", "many things at once", _all_at_once, *at_once)


OTHERS: tuple[Feature, ...] = tuple(_others())
