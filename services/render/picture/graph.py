"""ffmpeg arguments of a chunk. Pure; graphs hold numbers and constant words only."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from services.render.encoding import COLOR_TAGS, H264
from services.render.media.probe import Footage
from services.render.picture.chains import Chains, Command, fraction
from services.render.picture.chunks import Chunk
from services.render.picture.painter import Painter
from services.render.picture.sources import FootageUse, Reading, Sources, readings
from services.render.timeline.fragments import keyframes
from services.render.timeline.scene import Item, Layer, Span, Timeline, TransitionItem

LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p")
CLEAR_LOSSLESS = ("-c:v", "ffv1", "-level", "3", "-slices", "4", "-pix_fmt", "yuva420p")


def chunk_readings(timeline: Timeline, chunk: Chunk, number: int) -> dict[FootageUse, Reading]:
    """The readings of a pass of a chunk."""
    return readings(list(_footage_uses(chunk, number)), timeline.rate)


def chunk_command(
    timeline: Timeline,
    chunk: Chunk,
    number: int,
    under: Path | None,
    seeks: Mapping[Reading, int],
    threads: int = 1,
) -> Command:
    """The command of pass `number` of a chunk; `under` is the result of the pass before.

    `seeks` has the seek position of each reading, at most its `from_us`; `threads` decode each.
    """
    chains = Chains()
    found = chunk_readings(timeline, chunk, number)
    sources = Sources(chains, found, seeks, timeline.rate, threads, quick=timeline.quick)
    painter = Painter(chains, sources, timeline, chunk.span, clear=timeline.clear)
    picture = painter.lossless(under) if under else painter.base(chunk.base)
    for use in chunk.passes[number]:
        picture = painter.over(picture, use.item, use.span)
    return chains.command(picture)


def _footage_uses(chunk: Chunk, number: int) -> Iterator[FootageUse]:
    for piece in chunk.base if number == 0 else ():
        if piece.use is not None:
            yield from _uses_of(piece.use.item, piece.span, steady=True)
    for use in chunk.passes[number]:
        yield from _uses_of(use.item, use.span, steady=False)


def _uses_of(item: Item, span: Span, *, steady: bool) -> Iterator[FootageUse]:
    if isinstance(item, Layer) and isinstance(item.picture, Footage):
        yield FootageUse(item, span, steady)
    elif isinstance(item, TransitionItem):
        for layer in (*item.before, *item.after):
            yield from _uses_of(layer, span.clipped(layer.span), steady=steady)


def output_arguments(timeline: Timeline, span: Span, *, lossless: bool, threads: int) -> list[str]:
    """The arguments that encode output `out`."""
    return [
        *("-map", "[out]", "-an", "-sn", "-dn", "-r", fraction(timeline.rate), "-fps_mode", "cfr"),
        *("-frames:v", str(span.count)),
        *(CLEAR_LOSSLESS if timeline.clear else LOSSLESS if lossless else timeline.encoder),
        *("-threads", str(threads)),
        *([] if lossless else _keyframes(timeline, span)),
        *COLOR_TAGS,
        *("-video_track_timescale", str(timescale(timeline.rate)), "-f", container(timeline)),
    ]


def _keyframes(timeline: Timeline, span: Span) -> list[str]:
    """The arguments for a keyframe at the beginning of each fragment of a stream."""
    at = keyframes(span, timeline.shown, timeline.rate) if H264 in timeline.encoder and not timeline.clear else ()
    return ["-force_key_frames", f"expr:{'+'.join(f'eq(n,{frame})' for frame in at)}"] if at else []


def container(timeline: Timeline) -> str:
    """The format of chunk files."""
    return "nut" if timeline.clear else "mp4"


def timescale(rate: Fraction) -> int:
    """Ticks per second such that every frame takes a whole number of them."""
    return rate.numerator * max(1, math.ceil(10_000 / rate.numerator))
