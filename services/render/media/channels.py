"""Downmix of sound channels to stereo. Pure."""

from collections.abc import Sequence

_SIDE = 0.5**0.5
_LEFT, _RIGHT, _BOTH = (1.0, 0.0), (0.0, 1.0), (_SIDE, _SIDE)
_REAR_MIDDLE = (0.5, 0.5)
_GAINS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("FL", "FLC", "DL"), _LEFT),
    **dict.fromkeys(("FR", "FRC", "DR"), _RIGHT),
    **dict.fromkeys(("BL", "SL", "WL", "SDL", "SSL", "TFL", "TBL", "TSL", "BFL", "TTL"), (_SIDE, 0.0)),
    **dict.fromkeys(("BR", "SR", "WR", "SDR", "SSR", "TFR", "TBR", "TSR", "BFR", "TTR"), (0.0, _SIDE)),
    "FC": _BOTH,
    **dict.fromkeys(("BC", "TC", "TFC", "TBC", "BFC"), _REAR_MIDDLE),
    **dict.fromkeys(("LFE", "LFE2"), (0.0, 0.0)),
}
"""Left and right gain by ffmpeg's channel names, as in ITU-R BS.775 and browsers: fronts at full level, centre and
surrounds 3 dB lower, no low-frequency effects. It is linear: nothing is normalised by the sum.
"""
_SURROUND = ("FL", "FR", "FC", "BL", "BR", "BC", "SL", "SR")
"""Channels of streams with changing layouts; every release of ffmpeg knows these names."""
_USUAL: dict[int, tuple[str, ...]] = {
    2: ("FL", "FR"),
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""The default layout by number of channels: the order of WAVE, FLAC (RFC 9639, 9.1.3) and browsers."""


def placed(layout: Sequence[str]) -> bool:
    """Whether the positions of all channels are known; otherwise the first two are played."""
    return len(layout) == 1 or len(layout) in _USUAL or all(name in _GAINS for name in layout)


def to_stereo(layout: Sequence[str]) -> str | None:
    """The filter from a layout (channel names in order, unknown ones too) to stereo; None if it is stereo.

    `pan` gives each output channel memory of its own. Outputs of `channelmap` may share memory, which in-place filters
    (`volume`, `afade`) then change twice.
    """
    gains = _gains(layout)
    if len(layout) == 2 and gains == [_LEFT, _RIGHT]:
        return None
    return f"pan=stereo|{_side('c0', [left for left, _ in gains])}|{_side('c1', [right for _, right in gains])}"


def any_to_stereo(*, partly_mono: bool) -> str:
    """The filter from changing layouts to stereo, by channel names; missing ones are left out."""
    gains = {name: _GAINS[name] for name in _SURROUND} | ({"FC": (1.0, 1.0)} if partly_mono else {})
    sides = ("+".join(f"{gain[side]:.6f}*{name}" for name, gain in gains.items() if gain[side]) for side in (0, 1))
    return "pan=stereo|" + "|".join(f"c{side}={terms}" for side, terms in enumerate(sides))


def _gains(layout: Sequence[str]) -> list[tuple[float, float]]:
    if len(layout) == 1:  # mono at full level on both sides, not 3 dB lower
        return [(1.0, 1.0)]
    names = layout if all(name in _GAINS for name in layout) else _USUAL.get(len(layout), ("FL", "FR"))
    return [_GAINS[name] for name in names]


def _side(output: str, gains: Sequence[float]) -> str:
    terms = [f"{gain:.6f}*c{index}" for index, gain in enumerate(gains) if gain]
    return f"{output}={'+'.join(terms) or '0*c0'}"
