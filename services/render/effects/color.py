"""Effects that change every pixel by its own colour (a vignette: by its place). Pure.

R'G'B' and Y are 0..1, `s` is the strength, c is the difference of a channel from Y (chroma).

| family | definition |
|---|---|
| SHARPEN | rgb + 2 s (Y - blurred Y), blurred by 1 2 1 both ways; below 0 with s for 2 s |
| BLACK_WHITE | Y + c (1 - s) |
| WARM, COOL | r (1 + 0.14 s), b (1 - 0.14 s); the other way round |
| VIVID | (Y - 1/2) (1 + 0.15 s) + 1/2 + c (1 + 0.15 s) (1 + 0.35 s) |
| FADED | Y (1 - 0.2 s) + 0.14 s + c (1 - 0.2 s) (1 - 0.35 s) |
| VINTAGE | (Y - 1/2) (1 - 0.2 s) + 1/2 + 0.02 s + c (1 - 0.2 s) (1 - 0.5 s) + s (0.08, 0.0, -0.12) without its luma |
| VIGNETTE | rgb cos(s pi/4 d) ^ 4, d the distance from the middle, 1 in the corners |
"""

import math

from services.drafts.design import ChromaKey, EffectKind

COLORS = frozenset(
    {
        EffectKind.SHARPEN,
        EffectKind.BLACK_WHITE,
        EffectKind.WARM,
        EffectKind.COOL,
        EffectKind.VINTAGE,
        EffectKind.VIVID,
        EffectKind.FADED,
        EffectKind.VIGNETTE,
    }
)
"""The families of this module."""
YUV = "format=yuva444p|yuva420p|yuv444p|yuv420p"
TO_RGB = ("scale=in_color_matrix=bt709:in_range=tv:flags=neighbor+accurate_rnd", "format=gbrap|gbrp")
FROM_RGB = ("scale=out_color_matrix=bt709:out_range=tv:flags=area+full_chroma_inp", YUV)
"""Around filters of R'G'B'; alpha is kept, and none is added. With these flags unchanged colours come back exactly;
others blur chroma, or round luma down.
"""

_Y = "clip((val-16)/219,0,1)"
_BLACK, _WHITE, _CHROMA = 16, 219, 224
"""The code of luma 0, and the ranges of luma and chroma codes."""
_BROWN = (0.08, 0.0, -0.12)
"""Of VINTAGE."""

FARTHEST, SOFTEST = 0.5, 0.5
"""Of a chroma key: the distance in the plane of Cb and Cr (-0.5..0.5 each) within which an intensity of 1 makes pixels
transparent, and the further distance over which a shadow of 1 rises to opaque [unverified: the apps' units are
unpublished].
"""


def color_steps(kind: EffectKind, s: float, *, alpha: bool) -> tuple[str, ...]:
    """One of `COLORS` at a strength other than 0."""
    match kind:
        case EffectKind.WARM:
            return _gains(1 + 0.14 * s, 1, 1 - 0.14 * s)
        case EffectKind.COOL:
            return _gains(1 - 0.14 * s, 1, 1 + 0.14 * s)
        case EffectKind.SHARPEN:
            return (_sharper(2 * s if s > 0 else s),)
        case EffectKind.VIGNETTE:
            return _vignette(s, alpha=alpha)
        case _:
            return (_levels(kind, s),)


def chroma_steps(key: ChromaKey, *, alpha: bool = False) -> tuple[str, ...]:
    """The steps that make the key's colour transparent, by hue and saturation alone; with `alpha`, existing
    transparency is kept.

    Within `FARTHEST * intensity` of the colour alpha is 0; it rises to 1 over `SOFTEST * shadow`. The frames are
    yuva444p; at intensity 0 there are no steps. The distance from the colour is looked up by Cb and Cr, with 16 bits,
    and averaged over a pixel and its neighbours, as `chromakey` does at eight times the cost.
    """
    if key.intensity <= 0:
        return ()
    cb, cr = (round(128 + _CHROMA * part) for part in _chroma(key.color[:3]))
    unit = _CHROMA / 255 / math.sqrt(2)
    near = max(1e-5, min(1.0, FARTHEST * key.intensity * unit))
    soft = min(1.0, max(1e-3, SOFTEST * key.shadow) * unit)
    away = (
        f"lut2=c0='65535*hypot(x-{cb},y-{cr})/{255 * math.sqrt(2):.5f}':d=16",
        "format=gray16",
        f"convolution=0m='1 1 1 1 1 1 1 1 1':0rdiv={1 / 9:.9f}",
        f"lut=c0='65535*clip((val/65535-{near:.6f})/{soft:.6f},0,1)'",
        "format=gray",
    )
    planes = f"split[fx1][fx2];[fx2]extractplanes={'u+v+a[fx3][fx4][fx5]' if alpha else 'u+v[fx3][fx4]'}"
    both = "[fx6];[fx6][fx5]blend=all_mode=multiply" if alpha else ""
    return (f"{planes};[fx3][fx4]{','.join(away)}{both}[fx7];[fx1][fx7]alphamerge",)


def _levels(kind: EffectKind, s: float) -> str:
    """Families with luma as a function of luma, and chroma of chroma."""
    cb, cr = _chroma(_BROWN)
    table: dict[EffectKind, str] = {
        EffectKind.BLACK_WHITE: lutyuv("", 1 - s),
        EffectKind.VIVID: lutyuv(_steeper(1 + 0.15 * s), (1 + 0.15 * s) * (1 + 0.35 * s)),
        EffectKind.FADED: lutyuv(f"{_Y}*{1 - 0.2 * s:.5f}+{0.14 * s:.5f}", (1 - 0.2 * s) * (1 - 0.35 * s)),
        EffectKind.VINTAGE: lutyuv(
            f"{_steeper(1 - 0.2 * s)}+{0.02 * s:.5f}", (1 - 0.2 * s) * (1 - 0.5 * s), add=(cb * s, cr * s)
        ),
    }
    return table[kind]


def _chroma(color: tuple[float, float, float]) -> tuple[float, float]:
    """Cb and Cr of BT.709, -0.5..0.5."""
    red, green, blue = color
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (blue - luma) / 1.8556, (red - luma) / 1.5748


def _steeper(gain: float) -> str:
    return f"({_Y}-0.5)*{gain:.5f}+0.5"


def lutyuv(luma: str, chroma: float = 1.0, *, add: tuple[float, float] = (0.0, 0.0)) -> str:
    """A lookup step: `luma` is an expression of 0..1 ("": unchanged); chroma is multiplied, then `add` (Cb and Cr,
    -0.5..0.5) is added.
    """
    parts = [f"y='{_BLACK}.5+{_WHITE}*({luma})'"] if luma else []
    if chroma != 1 or add != (0.0, 0.0):
        parts += [
            f"{plane}='128.5+(val-128)*{chroma:.5f}{_CHROMA * more:+.4f}'"
            for plane, more in zip("uv", add, strict=True)
        ]
    return "lutyuv=" + ":".join(parts)


def _gains(red: float, green: float, blue: float) -> tuple[str, ...]:
    gains = (f"{name}='val*{gain:.5f}+0.5'" for name, gain in zip("rgb", (red, green, blue), strict=True) if gain != 1)
    return (*TO_RGB, "lutrgb=" + ":".join(gains), *FROM_RGB)


def _sharper(amount: float) -> str:
    """Sharpening of luma; the filter takes integers."""
    side = round(-100 * amount)
    corner_row = f"{side} {2 * side} {side}"
    return f"convolution=0m='{corner_row} {2 * side} {1600 - 12 * side} {2 * side} {corner_row}':0rdiv={1 / 1600}"


def _vignette(s: float, *, alpha: bool) -> tuple[str, ...]:
    """A vignette. The filter multiplies codes of luma, and chroma about 127, so both are shifted. It drops alpha."""
    before = f"lutyuv=y='max(val-{_BLACK},0)':u='val-1':v='val-1'"
    after = f"lutyuv=y='val+{_BLACK}':u='val+1':v='val+1'"
    darker = f"{before},vignette=angle={s * math.pi / 4:.6f}:dither=0,{after}"
    return (beside_alpha(darker) if alpha else darker,)


def beside_alpha(filters: str) -> str:
    """Filters without alpha support, with alpha bypassed; their labels can be reused afterwards."""
    extracted = "format=yuva444p|yuva420p,alphaextract"
    return f"split[fx1][fx2];[fx1]{filters}[fx3];[fx2]{extracted}[fx4];[fx3][fx4]alphamerge"
