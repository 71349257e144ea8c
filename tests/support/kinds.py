"""Everything a segment can be or do, one of each kind, listed from the families themselves: a new family is in it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from services.drafts.curves import Curve, Keyframe, Property
from services.drafts.design import (
    Animation,
    AnimationKind,
    AnimationPhase,
    Backdrop,
    BackdropKind,
    BlendMode,
    ChromaKey,
    Effect,
    EffectKind,
    Mask,
    MaskKind,
    Recipe,
    Transition,
    TransitionKind,
)
from services.drafts.records import (
    Clip,
    CompoundMaterial,
    Draft,
    EffectMaterial,
    Look,
    Material,
    MediaKind,
    MediaMaterial,
    Segment,
    TextMaterial,
    TextStyle,
    TimeRange,
    Track,
    TrackKind,
)
from tests.support import media

US = 1_000_000
Row: TypeAlias = tuple[Segment, ...]
"""The segments of one track."""
VIDEO = MediaMaterial(id="video", kind=MediaKind.VIDEO, path="clip.mp4")
OTHER = MediaMaterial(id="other", kind=MediaKind.VIDEO, path="other.mp4")
PHOTO = MediaMaterial(id="photo", kind=MediaKind.PHOTO, path="photo.png")
CLEAR = MediaMaterial(id="clear", kind=MediaKind.PHOTO, path="clear.png")
SOUND = MediaMaterial(id="sound", kind=MediaKind.AUDIO, path="tone.m4a")
GIF = MediaMaterial(id="gif", kind=MediaKind.GIF, path="moving.gif")
TEXT = TextMaterial(id="text", text="春日", styles=(TextStyle(start=0, end=2, size=24, color=(1, 0.8, 0.2, 1)),))
TABLE = "table.cube"
CURVES = {
    Property.X: (-0.5, 0.7), Property.Y: (0.6, -0.3), Property.SCALE_X: (0.4, 1.3), Property.SCALE_Y: (1.2, 0.5),
    Property.ROTATION: (-40, 300), Property.ALPHA: (0.2, 1), Property.BRIGHTNESS: (-0.5, 0.5),
    Property.CONTRAST: (0.6, -0.4), Property.SATURATION: (-1, 0.8),
}  # fmt: skip
"""From where to where each property goes that is seen."""


def files(folder: Path, width: int = 160, height: int = 90) -> Path:
    """Draws what the kinds are made of, all of it different from frame to frame where it moves."""
    for name, seed, turn in (("clip.mp4", 1, 0.4), ("other.mp4", 7, 0.2)):
        source = f"gradients=s={width}x{height}:r=30:speed={turn}:seed={seed}:n=4"
        codec = ("-c:v", "libx264", "-qp", "6", "-g", "7", "-pix_fmt", "yuv420p", *media.TAGS)
        media.ffmpeg("-f", "lavfi", "-i", source, "-t", "2", *codec, folder / name)
    media.quadrants(folder / "photo.png", width, height)
    media.plain(folder / "clear.png", (200, 40, 40, 100), 40, 40)
    colors = "color=red:s=32x32:r=10:d=0.1[a];color=lime:s=32x32:r=10:d=0.1[b];[a][b]concat"
    media.ffmpeg("-f", "lavfi", "-i", colors, folder / "moving.gif")
    rows = (f"{red} {blue} {1 - green}" for blue in (0, 1) for green in (0, 1) for red in (0, 1))
    media.rising_tones(folder / "tone.m4a")
    (folder / TABLE).write_text("\n".join(("LUT_3D_SIZE 2", *rows)))
    return folder


def segment(name: str, material: Material, start_us: int, end_us: int, **changes: Any) -> Segment:
    """A segment from one time to another; `changes` are fields of it."""
    return Segment(id=name, material=material, target=TimeRange(start_us, end_us - start_us), **changes)


def draft(rows: Sequence[Row], width: int, height: int, fps: float = 30) -> Draft:
    """The rows over each other, the first at the bottom."""
    tracks = tuple(
        Track(id=str(index), kind=_kind(row), index=index, segments=row) for index, row in enumerate(rows)
    )  # fmt: skip
    end_us = max(each.target.end_us for row in rows for each in row)
    return Draft(width=width, height=height, fps=fps, duration_us=end_us, tracks=tracks)


def _kind(row: Row) -> TrackKind:
    material = row[0].material
    if isinstance(material, TextMaterial):
        return TrackKind.TEXT
    if material == SOUND:
        return TrackKind.AUDIO
    return TrackKind.EFFECT if isinstance(material, EffectMaterial) else TrackKind.VIDEO


def in_cells(rows: Sequence[Row], columns: int) -> list[Row]:
    """The rows' segments side by side, each in a cell of the canvas."""
    return [tuple(_in_cell(each, index, columns, -(-len(rows) // columns)) for each in row)
            for index, row in enumerate(rows)]  # fmt: skip


def _in_cell(each: Segment, index: int, columns: int, rows: int) -> Segment:
    x, y = (2 * (place + 0.5) / count - 1 for place, count in ((index % columns, columns), (index // columns, rows)))
    size = 0.9 / max(columns, rows)
    clip = replace(each.clip, x=x, y=-y, scale_x=size * each.clip.scale_x, scale_y=size * each.clip.scale_y)
    return replace(each, clip=clip)


def materials(length_us: int) -> dict[str, Row]:
    """What a segment can show, and at which speed."""
    inner = draft([(segment("in", VIDEO, 0, length_us),), (segment("on", TEXT, 0, length_us),)], 64, 36)
    compound = CompoundMaterial(id="compound", draft=inner)
    typed = Animation(phase=AnimationPhase.IN, kind=AnimationKind.TYPEWRITER, start_us=0, duration_us=length_us)
    shown: dict[str, tuple[Material, dict[str, Any]]] = {
        "video": (VIDEO, {}),
        "video that ends early": (VIDEO, {"source": TimeRange(2 * US - length_us // 2, length_us)}),
        "video from the middle": (VIDEO, {"source": TimeRange(433_333, length_us)}),
        "slow video": (VIDEO, {"speed": 0.4}),
        "crooked video": (VIDEO, {"speed": 1.48408, "source": TimeRange(10_000, length_us)}),
        "reversed video": (VIDEO, {"reverse": True, "speed": 1.3}),
        "turned video": (VIDEO, {"clip": Clip(rotation_deg=20)}),
        "half clear video": (VIDEO, {"clip": Clip(alpha=0.5)}),
        "keyed video": (VIDEO, {"chroma": ChromaKey(color=(0.2, 0.7, 0.3, 1), intensity=0.3, shadow=0.3)}),
        "photo": (PHOTO, {}),
        "clear photo": (CLEAR, {"clip": Clip(rotation_deg=33)}),
        "animated picture": (GIF, {}),
        "text": (TEXT, {}),
        "typed text": (TEXT, {"animations": (typed,)}),
        "compound": (compound, {}),
        "compound turned fast": (compound, {"speed": 2.0, "clip": Clip(rotation_deg=300)}),
    }
    return {name: (segment(name, each, 0, length_us, **changes),) for name, (each, changes) in shown.items()}


def animations(length_us: int, material: Material, phase: AnimationPhase) -> dict[str, Row]:
    """Every family of animation for half the segment (a group and a loop for all of it)."""
    whole = phase in (AnimationPhase.GROUP, AnimationPhase.LOOP)
    played_us = length_us if whole else length_us // 2
    return {
        f"{kind} {phase} {material.id}": (
            segment(
                f"{kind} {phase}", material, 0, length_us,
                animations=(Animation(phase=phase, kind=kind, start_us=0, duration_us=played_us,
                                      period_us=min(US, length_us // 2)),),
            ),
        )
        for kind in AnimationKind
    }  # fmt: skip


def curves(length_us: int, material: Material) -> dict[str, Row]:
    """Every property of a place or a tone moved by keyframes."""
    return {f"moving {each} {material.id}": (_moved(each, material, length_us),) for each in CURVES}


def _moved(moved: Property, material: Material, length_us: int) -> Segment:
    first, last = CURVES[moved]
    points = (Keyframe(0, first), Keyframe(length_us // 3, last), Keyframe(length_us, (first + last) / 2))
    return segment(f"moving {moved}", material, 0, length_us, curves=(Curve(moved, points),))


def keyed(length_us: int) -> dict[str, Row]:
    """Masks, strengths of effects, and styles of captions that keyframes move."""
    moving = tuple(
        Curve(moved, (Keyframe(0, first), Keyframe(length_us, last)))
        for moved, (first, last) in {
            Property.MASK_X: (-0.8, 0.6), Property.MASK_WIDTH: (0.2, 0.9), Property.MASK_HEIGHT: (0.3, 0.8),
            Property.MASK_ROTATION: (0, 120), Property.MASK_FEATHER: (0, 0.6), Property.MASK_CORNER: (0, 1),
        }.items()
    )  # fmt: skip
    mask = Mask(kind=MaskKind.RECTANGLE)
    rising = Curve(Property.STRENGTH, (Keyframe(0, 0.0), Keyframe(length_us, 1.0)))
    strong = tuple(
        replace(_effect(kind), curve=rising) for kind in (EffectKind.TEMPERATURE, EffectKind.BLUR, EffectKind.SHAKE)
    )
    looks = tuple(
        Look(start_us, replace(TEXT, styles=(replace(TEXT.styles[0], color=color),)))
        for start_us, color in ((0, (1.0, 0.0, 0.0, 1.0)), (length_us // 2, (0.0, 0.0, 1.0, 1.0)))
    )
    return {
        "moving mask of a clip": (segment("mask", VIDEO, 0, length_us, mask=mask, curves=moving),),
        "moving mask of a photo": (segment("photo mask", PHOTO, 0, length_us, mask=mask, curves=moving),),
        "moving strengths of a clip": (segment("strong", VIDEO, 0, length_us, effects=strong),),
        "moving strengths of a photo": (segment("strong photo", PHOTO, 0, length_us, effects=strong),),
        "weak blend": (segment("weak", PHOTO, 0, length_us, blend=BlendMode.MULTIPLY, blend_strength=0.4),),
        "caption of two looks": (segment("looks", replace(TEXT, looks=looks), 0, length_us),),
    }


def masks(length_us: int) -> dict[str, Row]:
    """Every mask, on a clip that stands and on one that turns."""
    turn = Curve(Property.ROTATION, (Keyframe(0, 0), Keyframe(length_us, 90)))
    ways: dict[str, dict[str, Any]] = {"standing": {}, "turning": {"curves": (turn,)}}
    return {
        f"{kind} mask {way}": (segment(kind, VIDEO, 0, length_us, mask=Mask(kind=kind, feather=0.2), **changes),)
        for kind in MaskKind
        for way, changes in ways.items()
    }


def effects(length_us: int, material: Material) -> dict[str, Row]:
    """Every effect on a clip."""
    return {
        f"{kind} of {material.id}": (segment(kind, material, 0, length_us, effects=(_effect(kind),)),)
        for kind in EffectKind
    }


def lenses(start_us: int, length_us: int) -> dict[str, Row]:
    """Every effect on all that lies below."""
    return {
        f"{kind} on a track": (
            segment(kind, EffectMaterial(id=kind, effects=(_effect(kind),)), start_us, start_us + length_us),
        )
        for kind in EffectKind
    }


def keyed_lenses(length_us: int) -> dict[str, Row]:
    """Effects of a moving strength on all that lies below, one of them not for all of the time."""
    rising = Curve(Property.STRENGTH, (Keyframe(0, 0.0), Keyframe(length_us, 1.0)))
    return {
        f"moving {kind} on a track": (
            segment(
                kind, EffectMaterial(id=kind, effects=(replace(_effect(kind), curve=rising),)), start_us, length_us
            ),
        )
        for kind, start_us in ((EffectKind.LUT, 0), (EffectKind.ZOOM, length_us // 3))
    }


def _effect(kind: EffectKind) -> Effect:
    recipe = Recipe(warmth=0.5, contrast=0.3) if kind is EffectKind.LOOK else None
    return Effect(kind=kind, strength=0.7, path=TABLE if kind is EffectKind.LUT else "", recipe=recipe)


def blends(length_us: int) -> dict[str, Row]:
    """Every blend mode."""
    return {
        f"blend {mode}": (segment(mode, material, 0, length_us, blend=mode, clip=Clip(alpha=alpha)),)
        for mode, (material, alpha) in zip(BlendMode, _alternately(), strict=False)
    }


def _alternately() -> Iterator[tuple[Material, float]]:
    while True:
        yield from ((VIDEO, 0.8), (PHOTO, 1.0), (CLEAR, 1.0))


def backdrops(length_us: int) -> dict[str, Row]:
    """Every background behind a clip that leaves room for it."""
    return {
        f"backdrop {kind}": (
            segment(
                kind, VIDEO, 0, length_us, clip=Clip(scale_x=0.6, scale_y=0.6),
                backdrop=Backdrop(kind=kind, color=(0.2, 0.5, 0.9, 1.0), blur=0.375, picture="photo.png"),
            ),
        )
        for kind in BackdropKind
    }  # fmt: skip


def transitions(start_us: int, middle_us: int, end_us: int, lasting_us: int, **changes: Any) -> dict[str, Row]:
    """Every transition between two clips."""
    return {
        f"{kind} transition": (
            segment(f"{kind} 1", VIDEO, start_us, middle_us, **changes,
                    transition=Transition(kind=kind, duration_us=lasting_us)),
            segment(f"{kind} 2", OTHER, middle_us, end_us, **changes),
        )
        for kind in TransitionKind
    }  # fmt: skip
