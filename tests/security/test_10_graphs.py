"""Row 10: filter graphs are made of numbers and our own words, whatever a draft says."""

import random
import re
from pathlib import Path

import pytest

from services.drafts.read.draft import read_draft
from services.render.picture.chunks import plan
from services.render.picture.graph import chunk_command
from services.render.timeline.layout import lay_out
from tests.support.drafts import DraftBuilder
from tests.support.prepared import stand_ins

S = 1_000_000
CAPTIONS = 100
DRAFTS = 20
HOSTILE = (
    *("movie=http://127.0.0.1/x[out]", "';drawtext=textfile=/etc/passwd:x='", "[in]split[a][b]", "%{pts}", "\\\\'"),
    *("${HOME}", "`id`", "$(id)", "\n-i\n/etc/passwd", "-f lavfi -i color", "file:/etc/passwd", "|id", "\0", "\u202e"),
)
LETTERS = "abcXYZ0129 ,;:='\"\\[]{}()%$@#!|<>/.-_~`\n\t中文😀\u200b\u202e"
WORDS = re.compile(r"[\w\s.,;:='\[\]()+*/<>-]*", re.ASCII)
"""Signs that our graphs are made of."""


def words(chance: random.Random) -> str:
    """Something that a stranger may write."""
    if chance.random() < 0.3:
        return chance.choice(HOSTILE)
    return "".join(chance.choices(LETTERS, k=chance.randint(1, 40)))


def arguments(chance: random.Random) -> str:
    """What ffmpeg is told of a draft that is always the same but for its words."""
    draft = DraftBuilder(320, 180)
    for number in range(CAPTIONS):
        draft.text(f"x{words(chance)}", number * S // 10, S // 10)
    draft.photo(f"{words(chance)}.png", 0, S)
    for bucket in ("texts", "videos"):
        for material in draft.draft["materials"].get(bucket, []):
            material |= {"material_name": words(chance), "name": words(chance), "font_path": words(chance)}
    read = read_draft(draft.bytes())
    timeline = lay_out(read, stand_ins(read))
    commands = [chunk_command(timeline, chunk, 0, None, {}) for chunk in plan(timeline)]
    assert len(timeline.items) == CAPTIONS + 1
    return "\n".join(f"{' '.join(command.inputs)}\n{command.graph}" for command in commands)


@pytest.fixture(scope="module")
def usual() -> str:
    return arguments(random.Random(0))


def test_thousands_of_captions_make_the_same_graph(usual: str) -> None:
    for seed in range(1, DRAFTS):
        assert arguments(random.Random(seed)) == usual, seed


def test_a_graph_has_no_sign_of_another_language(usual: str) -> None:
    assert WORDS.fullmatch(usual), set(usual)
    assert Path("/x/1.png").name in usual
