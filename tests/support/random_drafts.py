"""Drafts with all features mixed, as Hypothesis draws them. They are valid; what no renderer can know is marked."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.support.drafts import DraftBuilder, Json, solid

FILES = (
    ("clip.mp4", "video"), ("tall.mp4", "video"), ("photo.png", "photo"), ("clear.png", "photo"), ("moving.gif", "gif"),
)  # fmt: skip
"""What a test must lay beside a draft, with the kind of material each is; and `tone.m4a`."""
UNKNOWN = "无人知晓"
"""Begins the names of things that are in no catalogue."""
PROPERTIES = {
    "PositionX": (-1.0, 1.0), "PositionY": (-1.0, 1.0), "ScaleX": (0.0, 3.0), "ScaleY": (0.0, 3.0),
    "Rotation": (-400.0, 400.0), "Alpha": (0.0, 1.0), "Volume": (0.0, 10.0), "Brightness": (-1.0, 1.0),
    "Contrast": (-1.0, 1.0), "Saturation": (-1.0, 1.0),
}  # fmt: skip
TRANSITIONS = ("叠化", "闪黑", "闪白", "左移", "上移", "向右擦除", "圆形", "推近", "模糊", "像素")
BLENDS = ("正片叠底", "滤色", "叠加", "变暗", "变亮", "颜色减淡", "颜色加深", "线性加深", "强光", "柔光")
EFFECTS = ("模糊", "暗角", "故障", "马赛克", "镜像", "抖动", "放大", "闪光", "噪点")
FILTERS = ("黑白", "暖色", "冷色", "复古", "鲜艳", "褪色")
ADJUSTMENTS = ("brightness", "contrast", "saturation", "temperature", "highlight", "shadow", "sharpen", "fade")
ANIMATIONS = ("渐显", "放大", "缩小", "向上滑动", "旋转", "轻微抖动", "弹入", "打字机")
EXTRAS = ("mask", "blend", "cross", "move", "key", "behind", "filter", "fade", "ramp")
OTHER_KINDS = ("text", "audio", "effect", "filter", "adjust", "sticker", "compound")
MASKS = ("line", "mirror", "circle", "rectangle", "geometric_shape")


@dataclass
class RandomDraft:
    """A draft, and the things in it that no renderer can know: segment and name."""

    builder: DraftBuilder
    frames: int
    fps: float
    unknown: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@st.composite
def random_drafts(draw: st.DrawFn) -> RandomDraft:
    """A draft of less than a second on a tiny canvas."""
    width, height = draw(st.sampled_from(((64, 36), (36, 64), (48, 48), (63, 37))))
    fps = draw(st.sampled_from((24.0, 25.0, 30.0, 29.97, 60.0)))
    made = RandomDraft(DraftBuilder(width, height, fps), draw(st.integers(2, 18)), fps)
    for name in range(draw(st.integers(1, 3))):
        _video_track(draw, made, f"video {name}")
    for kind in draw(st.lists(st.sampled_from(OTHER_KINDS), max_size=4)):
        _other_track(draw, made, kind)
    made.frames = max(_end(track, fps) for track in made.builder.draft["tracks"])
    return made


def _end(track: Json, fps: float) -> int:
    target: dict[str, int] = track["segments"][-1]["target_timerange"]
    return round((target["start"] + target["duration"]) * fps / 1e6)


def _video_track(draw: st.DrawFn, made: RandomDraft, name: str) -> None:
    """Segments one after the other, now and then with a gap."""
    at = draw(st.integers(0, made.frames // 2))
    index = len(made.builder.draft["tracks"])
    while at < made.frames:
        end = draw(st.integers(at + 1, made.frames))
        path, kind = draw(st.sampled_from(FILES))
        made.builder.video(path, *_span(made, at, end), kind=kind, track=name, render_index=index, **_options(draw))
        _extras(draw, made, last=end >= made.frames)
        at = end + draw(st.sampled_from((0, 0, 0, 2)))
    made.builder.track("video", name).update(attribute=draw(st.sampled_from((0, 0, 0, 1))))


def _span(made: RandomDraft, start: int, end: int) -> tuple[int, int]:
    start_us, end_us = (round(frame * 1e6 / made.fps) for frame in (start, end))
    return start_us, end_us - start_us


def _options(draw: st.DrawFn) -> Json:
    keyframes = draw(st.lists(st.sampled_from(sorted(PROPERTIES)), max_size=3, unique=True))
    return {
        "clip": _clip(draw),
        "speed": draw(st.sampled_from((1.0, 1.0, 0.5, 2.0, 3.7))),
        "reverse": draw(st.sampled_from((False, False, True))),
        "is_tone_modify": draw(st.booleans()),
        "volume": draw(st.sampled_from((0.0, 1.0, 1.0, 10.0))),
        "source_start_us": draw(st.integers(0, 700_000)),
        "crop": draw(st.sampled_from(({}, {f"{row}_left_x": 0.3 for row in ("upper", "lower")}))),
        "uniform_scale": {"on": draw(st.booleans()), "value": 1.0},
        "common_keyframes": [_curve(draw, name) for name in keyframes],
    }


def _clip(draw: st.DrawFn) -> Json:
    scale = st.sampled_from((0.0, 0.01, 0.5, 1.0, 1.0, 1.3, 6.0))
    place = st.sampled_from((-3.0, -0.6, 0.0, 0.0, 0.31))
    return {
        "alpha": draw(st.sampled_from((0.0, 0.5, 1.0, 1.0))),
        "rotation": draw(st.sampled_from((0.0, 0.0, 90.0, 33.3, -120.0))),
        "scale": {"x": draw(scale), "y": draw(scale)},
        "transform": {"x": draw(place), "y": draw(place)},
        "flip": {"horizontal": draw(st.booleans()), "vertical": draw(st.booleans())},
    }


def _curve(draw: st.DrawFn, name: str) -> Json:
    times = draw(st.lists(st.integers(-100_000, 900_000), min_size=1, max_size=4, unique=True))
    values = st.floats(*PROPERTIES[name], width=32)
    points = [{"time_offset": time, "values": [draw(values)], "curveType": "Line"} for time in sorted(times)]
    return {"property_type": f"KFType{name}", "keyframe_list": points}


def _extras(draw: st.DrawFn, made: RandomDraft, *, last: bool) -> None:
    """What is done to the video segment that was added last."""
    for extra in draw(st.lists(st.sampled_from(EXTRAS), max_size=3)):
        if extra == "move":
            _animated(draw, made)
        elif extra == "cross":
            if not last:
                name = _name(draw, made, TRANSITIONS)
                made.builder.using("transitions", name=name, duration=draw(st.integers(0, 900_000)))
        elif extra == "filter":
            name = _name(draw, made, FILTERS)
            made.builder.using("effects", type="filter", name=name, value=draw(st.sampled_from((0.3, 1.0))))
        else:
            bucket, fields = draw(PLAIN_EXTRAS[extra])
            made.builder.using(bucket, **fields)


BACKDROPS: tuple[Json, ...] = (
    {"type": "canvas_blur", "blur": 0.375},
    {"type": "canvas_color", "color": "#20406080"},
    {"type": "canvas_image", "image": "photo.png"},
)


_PART, _AROUND = st.sampled_from((0.0, 0.2, 0.7, 2.0)), st.sampled_from((-0.7, 0.0, 0.4))
_MASK: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "type": st.just("mask"),
        "name": st.sampled_from(("爱心", "星形")),
        "resource_type": st.sampled_from(MASKS),
        "config": st.fixed_dictionaries(
            {
                "centerX": _AROUND, "centerY": _AROUND, "width": _PART, "height": _PART,
                "rotation": st.sampled_from((0.0, 45.0)), "feather": st.sampled_from((0.0, 0.5)),
                "invert": st.booleans(), "roundCorner": st.sampled_from((0.0, 1.0)),
            }
        ),
    }
)  # fmt: skip
_BLEND: st.SearchStrategy[Json] = st.sampled_from(BLENDS).map(lambda n: {"type": "mix_mode", "name": n, "value": 1.0})
_KEY: st.SearchStrategy[Json] = st.sampled_from((0.0, 0.4)).map(
    lambda soft: {"color": "#00ff00ff", "intensity_value": 0.3, "shadow_value": soft}
)
_FADE: st.SearchStrategy[Json] = st.integers(0, 900_000).map(
    lambda us: {"fade_in_duration": us, "fade_out_duration": 100_000}
)
_RAMP: st.SearchStrategy[Json] = st.just({"mode": 1, "speed": 1.0, "curve_speed": {"name": "hero"}})
PLAIN_EXTRAS: dict[str, st.SearchStrategy[tuple[str, Json]]] = {
    "mask": st.tuples(st.just("masks"), _MASK),
    "blend": st.tuples(st.just("effects"), _BLEND),
    "key": st.tuples(st.just("chromas"), _KEY),
    "behind": st.tuples(st.just("canvases"), st.sampled_from(BACKDROPS)),
    "fade": st.tuples(st.just("audio_fades"), _FADE),
    "ramp": st.tuples(st.just("speeds"), _RAMP),
}
"""Materials of segments that need nothing else: where they stand, and what they hold."""


def _animated(draw: st.DrawFn, made: RandomDraft) -> None:
    phase = draw(st.sampled_from(("in", "out", "group", "loop")))
    length_us = made.builder.last["target_timerange"]["duration"]
    animation: dict[str, Any] = {
        "type": phase, "name": _name(draw, made, ANIMATIONS), "start": 0,
        "duration": draw(st.integers(1, max(1, length_us))),
    }  # fmt: skip
    made.builder.using("material_animations", type="sticker_animation", animations=[animation])


def _name(draw: st.DrawFn, made: RandomDraft, known: tuple[str, ...]) -> str:
    """A name from a catalogue, or now and then one that is in none."""
    name = draw(st.sampled_from((*known, UNKNOWN)))
    if name != UNKNOWN:
        return name
    name = f"{UNKNOWN}{len(made.unknown)}"
    made.unknown.append((made.builder.last["id"], name))
    return name


def _other_track(draw: st.DrawFn, made: RandomDraft, kind: str) -> None:
    """One segment of another kind on a track of its own."""
    start = draw(st.integers(0, made.frames - 1))
    span = _span(made, start, draw(st.integers(start + 1, made.frames)))
    track = f"{kind} {len(made.builder.draft['tracks'])}"
    if kind == "text":
        style = {"range": [0, 3], "size": draw(st.sampled_from((5, 12, 40))), "fill": solid(1, 0.8, 0.2)}
        text = draw(st.sampled_from(("你好 a", "Hi\nthere", "   ", "שלום", "😀ok")))
        made.builder.text(text, *span, styles=[style], track=track, clip=_clip(draw))
        _animated(draw, made)
    elif kind == "audio":
        made.builder.audio("tone.m4a", *span, track=track, volume=draw(st.sampled_from((0.5, 10.0))))
    elif kind == "compound":
        _compound(draw, made, track, span)
    else:
        _acting(draw, made, kind, track, span)


def _compound(draw: st.DrawFn, made: RandomDraft, track: str, span: tuple[int, int]) -> None:
    """A draft within the draft, perhaps with one within it."""
    inner: DraftBuilder | None = None
    for level in range(draw(st.integers(1, 2))):
        around = DraftBuilder(48, draw(st.sampled_from((48, 30))), draw(st.sampled_from((25.0, 30.0))))
        path, kind = draw(st.sampled_from(FILES))
        around.video(path, 0, span[1], kind=kind, reverse=draw(st.booleans()))
        around.text("Hi", 0, span[1], size=20)
        if inner is not None:
            around.video("", 0, span[1], track=f"level {level}", clip=_clip(draw))
            around.using("drafts", type="combination", name="inner", draft=inner.content())
        inner = around
    assert inner is not None
    made.builder.video("", *span, track=track, clip=_clip(draw), speed=draw(st.sampled_from((1.0, 2.0))))
    made.builder.using("drafts", type="combination", name="outer", draft=inner.content())


def _acting(draw: st.DrawFn, made: RandomDraft, kind: str, track: str, span: tuple[int, int]) -> None:
    """An effect, filter, adjustment or sticker."""
    bucket = {"effect": "video_effects", "filter": "effects", "adjust": "placeholders", "sticker": "stickers"}[kind]
    own = made.builder.material(bucket, type="video_effect" if kind == "effect" else kind, value=1.0)
    made.builder.segment(kind, track, own, *span, clip=_clip(draw), render_index=11000)
    material = made.builder.draft["materials"][bucket][-1]
    if kind == "adjust":
        made.builder.using("effects", type=draw(st.sampled_from(ADJUSTMENTS)), value=draw(st.sampled_from((-1.0, 0.4))))
    elif kind == "sticker" and draw(st.booleans()):
        material.update(name="sticker", resource_id="1", path="clear.png")
    elif kind == "sticker":
        made.unknown.append((made.builder.last["id"], "sticker"))
        material.update(name="sticker", resource_id="1")
    else:
        material["name"] = _name(draw, made, EFFECTS if kind == "effect" else FILTERS)
