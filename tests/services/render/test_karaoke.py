"""Karaoke captions: the colour of words as they are spoken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, TextMaterial
from services.render.media.still import Still
from services.render.timeline.layout import lay_out
from services.render.timeline.needed import needed
from services.render.timeline.prepared import Caption, Prepared
from services.render.timeline.scene import Layer
from tests.support.captions import RED, WHITE, canvas, extent, of_color
from tests.support.drafts import DraftBuilder

WORDS = {"start_time": [0, 500, 1000], "end_time": [500, 1000, 1500], "text": ["三人", " 行，", "必有"]}
STILL = Still(path=Path("/x/1.png"), width=320, height=180, pixel_width=320, pixel_height=180, has_alpha=True)


def draft(words: dict[str, Any] = WORDS) -> Draft:
    """A caption from 1 s to 3 s of a video at 30 frames per second."""
    material = {"ktv_color": "#FF0000", "words": words}
    return read_draft(DraftBuilder().text("三人行，必有我师", 1_000_000, 2_000_000, material=material).bytes())


def stages(read: Draft) -> list[TextMaterial]:
    return [text for text, _ in needed(read).captions]


def spans(read: Draft) -> list[tuple[int, int]]:
    prepared = Prepared()
    for key in needed(read).captions:
        prepared.captions[key] = Caption(STILL, 0.0, 0.0)
    return [(item.span.start, item.span.end) for item in lay_out(read, prepared).items if isinstance(item, Layer)]


def test_each_word_changes_at_its_time_from_the_segment_s_start() -> None:
    assert spans(draft()) == [(30, 45), (45, 60), (60, 90)]
    later = {**WORDS, "start_time": [200, 500, 1000]}
    assert spans(draft(later)) == [(30, 36), (36, 45), (45, 60), (60, 90)]


def test_words_that_were_spoken_keep_their_colour_and_the_rest_has_its_own() -> None:
    plain, first, second, third = stages(draft())
    assert not of_color(canvas(plain), RED).any()
    rights: list[int] = []
    for text in (first, second, third):
        pixels = canvas(text)
        rights.append(extent(of_color(pixels, RED))[2])
        assert extent(of_color(pixels, WHITE))[0] > rights[-1] - 3
    assert rights == sorted(rights)
    assert extent(of_color(canvas(third), RED))[0] == extent(of_color(canvas(plain), WHITE))[0]


@pytest.mark.parametrize("words", [{}, {"text": ["别的"], "start_time": [0]}, {"text": [5], "start_time": [0]}])
def test_words_that_the_caption_does_not_have_change_nothing(words: dict[str, Any]) -> None:
    assert len(stages(draft(words))) == 1


def test_of_very_many_words_several_change_together() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(450))
    words = {"text": list(text), "start_time": [4 * number for number in range(450)]}
    material = {"ktv_color": "#FF0000", "words": words}
    read = read_draft(DraftBuilder().text(text, 0, 2_000_000, material=material).bytes())
    assert 50 < len(stages(read)) <= 101
    assert stages(read)[-1].styles[-1].end == 450


def test_the_colours_of_a_rainbow_pass_through_a_caption_from_its_loop_s_start_to_its_end() -> None:
    """Two rounds of 0.6 s after an entry of 0.8 s: twelve pictures, each shown twice."""
    moves = [
        {"type": "in", "name": "渐显", "start": 0, "duration": 800_000},
        {"type": "loop", "name": "彩虹", "start": 0, "duration": 600_000},
    ]
    builder = DraftBuilder().text("一一一一一一", 0, 2_000_000).using("material_animations", animations=moves)
    read = read_draft(builder.bytes())
    assert read.warnings == ()
    plain, first, *others = stages(read)
    assert len(others) == 11
    assert spans(read)[:3] == [(0, 24), (24, 26), (26, 27)]
    assert spans(read)[-1][1] == 60
    assert of_color(canvas(plain), WHITE).any()
    reds = [canvas(text)[..., :3].astype(int) for text in (first, others[5])]
    red_at = [np.argwhere((pixels[..., 0] == 255) & (pixels[..., 2] < 90) & (pixels[..., 1] < 90)) for pixels in reds]
    assert red_at[0][:, 1].min() < red_at[1][:, 1].mean() < red_at[0][:, 1].max()
    assert not of_color(canvas(first), WHITE).any()


def test_a_caption_with_looks_of_its_own_has_no_rainbow() -> None:
    loop = {"type": "loop", "name": "彩虹", "start": 0, "duration": 600_000}
    material = {"ktv_color": "#FF0000", "words": WORDS}
    builder = DraftBuilder().text("三人行，必有我师", 0, 2_000_000, material=material)
    assert len(stages(read_draft(builder.using("material_animations", animations=[loop]).bytes()))) == 4
