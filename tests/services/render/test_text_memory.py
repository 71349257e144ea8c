"""Captions made to need much memory are drawn within bounds, in a process with limited memory."""

import subprocess
import sys

import pytest

LARGEST_BYTES = 1 << 30
"""Address space of the whole process, of which some 250 MB are the interpreter and its libraries."""
_DRAW = """
import resource
resource.setrlimit(resource.RLIMIT_AS, ({bytes}, {bytes}))
from services.drafts.records import Gradient, Shadow, Stroke, TextBackground
from services.render.text.captions import draw_text
from tests.support.captions import BOOK, BLACK, BLUE, RED, caption, look
gradient = Gradient(45.0, ((0.0, RED), (1.0, BLUE)), per_character=True)
full = dict(stroke=Stroke(1.0, BLACK, gradient), shadow=Shadow(1000.0, -45.0, 1.0, RED), gradient=gradient)
box = TextBackground(color=RED, round_radius=1.0, width=1.0, height=1.0)
picture, _ = draw_text({caption}, BOOK, canvas_width=1080, canvas_height=1920)
assert picture is not None and picture.image.getbbox()
"""


@pytest.mark.parametrize(
    "caption",
    [
        "caption('\\n'.join(['口' * 70] * 70), look(size=1000.0), background=box)",
        "caption('口' * 5000, look(size=1000.0, **full), wrap=True, background=box)",
        "caption('e' + '\\u0301' * 5000, look(size=1000.0, **full))",
        "caption('口' * 50_000, *(look(at, at + 1, size=2.0 + at % 9) for at in range(10_000)), wrap=True)",
    ],
    ids=["round corners of a huge box", "huge letters", "accents on accents", "endless, in many styles"],
)
def test_a_hostile_caption_needs_little_memory(caption: str) -> None:
    source = _DRAW.format(bytes=LARGEST_BYTES, caption=caption)
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
