"""Timelines cut into chunks, and the graphs made of them: pure, so nothing is rendered here."""

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, MediaMaterial, TextMaterial
from services.render.box import Box
from services.render.media.probe import Footage
from services.render.media.still import Still
from services.render.picture.chunks import Chunk, Use, plan
from services.render.picture.graph import chunk_command, chunk_readings, timescale
from services.render.timeline.geometry import Pose
from services.render.timeline.layout import lay_out
from services.render.timeline.prepared import Caption, Prepared
from services.render.timeline.scene import Layer, Span, Timeline, frame_rate
from tests.support.drafts import DraftBuilder

CANVAS = Box(0, 0, 320, 180)
STILL = Still(path=Path("/x/1.png"), width=320, height=180, pixel_width=320, pixel_height=180, has_alpha=False)
FOOTAGE = Footage(
    path=Path("/x/1.mp4"), demuxer="mov", stream=0, width=320, height=180, pixel_width=320, pixel_height=180,
    last_frame_us=9_966_667, end_us=10_000_000, matrix="bt709", plain=True,
)  # fmt: skip
WHOLE = Pose(center_x=160, center_y=90, width=320, height=180)
SMALL = Pose(center_x=160, center_y=90, width=32, height=18)
GRAPH = re.compile(r"[a-zA-Z0-9_=:,;\[\]()+\-*./'@\n]*")


def layer(start: int, end: int, pose: Pose = WHOLE, picture: Still | Footage = STILL, name: str = "") -> Layer:
    return Layer(segment_id=name, picture=picture, span=Span(start, end), pose=pose, region=CANVAS)


def timeline(*layers: Layer, frames: int = 100) -> Timeline:
    return Timeline(
        width=320, height=180, rate=Fraction(30), frames=frames, background=(0, 0, 0, 1), items=layers, sounds=()
    )


def shown(chunk: Chunk) -> list[str]:
    return [use.item.segment_id for use in chunk.uses]


def test_the_first_chunks_of_a_video_that_is_watched_early_are_short_and_the_rest_are_as_long_as_ever() -> None:
    whole = timeline(layer(0, 1800), frames=1800)
    assert [chunk.span.end for chunk in plan(whole, at_once=2, early=True)] == [30, 150, 270, 653, 1036, 1419, 1800]
    assert [chunk.span.end for chunk in plan(whole, at_once=2)] == [450, 900, 1350, 1800]
    ten = timeline(layer(0, 300), frames=300)
    assert [chunk.span.end for chunk in plan(ten, at_once=2, early=True)] == [30, 165, 300]
    short = timeline(layer(0, 149), frames=149)
    assert plan(short, at_once=2, early=True) == plan(short, at_once=2)


def test_what_a_full_picture_hides_is_left_out() -> None:
    (chunk,) = plan(
        timeline(layer(0, 100, name="under"), layer(0, 100, SMALL, name="small"), layer(20, 100, name="over"))
    )
    assert chunk.base[0].span == Span(0, 20)
    assert [(use.item.segment_id, use.span) for use in chunk.uses] == [
        ("under", Span(0, 20)),
        ("over", Span(20, 100)),
        ("small", Span(0, 20)),
    ]


def test_a_clear_picture_hides_nothing() -> None:
    (chunk,) = plan(timeline(layer(0, 100, name="under"), layer(0, 100, replace(WHOLE, alpha=0.5), name="over")))
    assert shown(chunk) == ["under", "over"]


def test_the_base_has_no_gap() -> None:
    (chunk,) = plan(timeline(layer(10, 20), layer(30, 40)))
    assert [(piece.span, piece.use is None) for piece in chunk.base] == [
        (Span(0, 10), True),
        (Span(10, 20), False),
        (Span(20, 30), True),
        (Span(30, 40), False),
        (Span(40, 100), True),
    ]


def test_over_a_coloured_background_only_full_pictures_are_the_base() -> None:
    colored = replace(timeline(layer(0, 50, SMALL), layer(50, 100)), background=(1, 0, 0, 1))
    (chunk,) = plan(colored)
    assert [piece.use is None for piece in chunk.base] == [True, False]


spans = st.tuples(st.integers(0, 90), st.integers(1, 60), st.booleans())


@settings(max_examples=200)
@given(st.lists(spans, max_size=40), st.integers(2, 6))
def test_chunks_cover_the_timeline_in_order_and_open_few_files_each(
    drawn: list[tuple[int, int, bool]], most: int
) -> None:
    layers = [layer(start, start + count, WHOLE if whole else SMALL) for start, count, whole in drawn]
    chunks = plan(timeline(*layers), max_inputs=most)
    assert [frame for chunk in chunks for frame in range(chunk.span.start, chunk.span.end)] == list(range(100))
    for chunk in chunks:
        assert [f for piece in chunk.base for f in range(piece.span.start, piece.span.end)] == list(
            range(chunk.span.start, chunk.span.end)
        )
        bases = sum(piece.use is not None for piece in chunk.base)
        first, *others = chunk.passes
        assert bases + len(first) <= most or len(first) == 1
        assert all(len(uses) < most for uses in others)


def seen(uses: Iterable[Use], here: Span) -> list[str]:
    return [use.item.segment_id for use in uses if use.span.clipped(here).count > 0]


def placed(chunks: Iterable[Chunk]) -> list[tuple[list[str], list[str]]]:
    """For each frame, its base and its overlays."""
    found: list[tuple[list[str], list[str]]] = []
    for chunk in chunks:
        bases = [piece.use for piece in chunk.base if piece.use]
        over = [use for uses in chunk.passes for use in uses]
        for frame in range(chunk.span.start, chunk.span.end):
            here = Span(frame, frame + 1)
            found.append((seen(bases, here), seen(over, here)))
    return found


@given(st.lists(spans, max_size=20), st.integers(1, 99), st.integers(1, 3))
def test_two_stretches_planned_apart_draw_each_frame_as_one_plan_does(
    drawn: list[tuple[int, int, bool]], border: int, at_once: int
) -> None:
    layers = [
        layer(start, start + count, WHOLE if whole else SMALL, name=str(number))
        for number, (start, count, whole) in enumerate(drawn)
    ]
    made = timeline(*layers)
    first, second = (plan(made, at_once=at_once, span=span) for span in (Span(0, border), Span(border, 100)))
    assert first[0].span.start == 0
    assert first[-1].span.end == second[0].span.start == border
    assert placed([*first, *second]) == placed(plan(made))


def test_pictures_keep_their_order_over_several_passes() -> None:
    (chunk,) = plan(timeline(*[layer(0, 100, SMALL, name=str(number)) for number in range(40)]))
    assert len(chunk.passes) > 1
    assert shown(chunk) == [str(number) for number in range(40)]


def test_large_videos_are_opened_few_at_a_time() -> None:
    large = replace(FOOTAGE, pixel_width=3840, pixel_height=2160)
    chunks = plan(timeline(*[layer(number * 10, number * 10 + 10, picture=large) for number in range(10)]))
    assert [len(chunk.uses) for chunk in chunks] == [1] * 10


def test_five_thousand_segments_are_planned_quickly_enough_to_be_tested() -> None:
    layers = [layer(number, number + 1, SMALL) for number in range(5000)]
    assert sum(len(chunk.uses) for chunk in plan(timeline(*layers, frames=5000))) == 5000


def prepared(draft: Draft) -> Prepared:
    found = Prepared()
    for track in draft.tracks:
        for segment in track.segments:
            if isinstance(segment.material, TextMaterial):
                found.captions[segment.material, 1.0] = Caption(STILL, 0.0, 0.0)
            elif isinstance(segment.material, MediaMaterial):
                found.pictures[segment.material] = FOOTAGE
    return found


@settings(max_examples=300)
@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_no_text_of_a_draft_comes_into_a_graph(text: str, name: str) -> None:
    builder = DraftBuilder(320, 180).video(f"{name}.mp4", 0, 2_000_000).text(text, 0, 1_000_000)
    draft = read_draft(builder.bytes())
    made = lay_out(draft, prepared(draft))
    (chunk,) = plan(made)
    command = chunk_command(made, chunk, 0, None, {})
    assert GRAPH.fullmatch(command.graph)
    assert command.graph == _plain_graph()


def _plain_graph() -> str:
    draft = read_draft(DraftBuilder(320, 180).video("a.mp4", 0, 2_000_000).text("a", 0, 1_000_000).bytes())
    made = lay_out(draft, prepared(draft))
    return chunk_command(made, plan(made)[0], 0, None, {}).graph


def test_every_input_has_an_explicit_demuxer_and_may_open_no_other_file() -> None:
    made = timeline(layer(0, 100, picture=FOOTAGE), layer(0, 100, SMALL))
    (chunk,) = plan(made)
    command = chunk_command(made, chunk, 0, None, {})
    inputs = " ".join(command.inputs).split(" -i ")
    assert len(inputs) == 3
    kinds = [re.search(r"-protocol_whitelist file -format_whitelist (\w+) -f \1\b", each) for each in inputs[:2]]
    assert all(kinds), inputs


def test_a_clip_that_fills_the_canvas_is_not_converted() -> None:
    made = timeline(layer(0, 100, picture=FOOTAGE))
    (chunk,) = plan(made)
    graph = chunk_command(made, chunk, 0, None, {}).graph
    assert re.findall("scale=[^,]*", graph) == ["scale=w=320:h=180"], "its own size: frames of another one are scaled"
    assert "overlay" not in graph


def test_footage_is_decoded_from_its_seek_point() -> None:
    made = timeline(replace(layer(0, 100, picture=FOOTAGE), source_us=5_000_000.0))
    (chunk,) = plan(made)
    (reading,) = set(chunk_readings(made, chunk, 0).values())
    command = chunk_command(made, chunk, 0, None, {reading: 4_000_000})
    assert command.inputs[:3] == ("-noaccurate_seek", "-ss", "4000000us")
    assert "setpts='PTS-1000000+3333'" in command.graph


@pytest.mark.parametrize(
    ("fps", "rate"),
    [(30.0, Fraction(30)), (29.97, Fraction(30000, 1001)), (23.976, Fraction(24000, 1001)), (12.5, Fraction(25, 2)),
     (59.94, Fraction(60000, 1001)), (24.0, Fraction(24)), (1.0, Fraction(1)), (240.0, Fraction(240))],
)  # fmt: skip
def test_frame_rates_are_exact_numbers(fps: float, rate: Fraction) -> None:
    assert frame_rate(fps) == rate
    assert (timescale(rate) / rate).denominator == 1, "a frame is a whole number of ticks"
