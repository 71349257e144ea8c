"""Drafts with random entries of the catalogue, by id, render; with DRAFTCAST_FUZZ a hundred of them."""

import os
import random
from pathlib import Path

import pytest

from services.drafts.families.catalogue import Entry, read_entries
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import request, run

DRAFTS = 100 if "DRAFTCAST_FUZZ" in os.environ else 1
CLIPS = 4
FRAMES = 6
SIZES = ((64, 36), (36, 64), (48, 48))


def of(choice: random.Random, table: str, *kinds: str) -> Entry:
    return choice.choice([entry for entry in read_entries(table) if not kinds or entry.kind in kinds])


def named(entry: Entry) -> dict[str, str]:
    return {"name": entry.names[0], "resource_id": entry.ids[0], "effect_id": entry.ids[-1]}


def drawn(choice: random.Random) -> DraftBuilder:
    """Clips with a transition, two animations, an effect and a filter each, and captions with animations."""
    builder = DraftBuilder(*choice.choice(SIZES), 30)
    length_us = FRAMES * 1_000_000 // 30
    for number in range(CLIPS):
        span = (number * length_us, length_us)
        builder.photo("red.png", *span)
        builder.using("transitions", duration=length_us // 2, **named(of(choice, "transitions")))
        builder.using("video_effects", type="video_effect", **named(of(choice, "effects")))
        builder.using("effects", type="filter", value=0.8, **named(of(choice, "filters")))
        last = choice.choice([("out", "entries", "clip out"), ("group", "loops", "clip group")])
        moves = [("in", "entries", "clip in"), last]
        builder.using("material_animations", animations=[animated(choice, *move) for move in moves])
        builder.text("字", *span)
        moves = [("in", "entries", "text in"), ("loop", "loops", "text loop")]
        builder.using("material_animations", animations=[animated(choice, *move) for move in moves])
    return builder


def animated(choice: random.Random, phase: str, table: str, kind: str) -> dict[str, object]:
    return {"type": phase, "duration": 80_000, **named(of(choice, table, kind))}


@pytest.mark.parametrize("seed", range(DRAFTS))
def test_a_draft_of_random_entries_is_drawn(tmp_path: Path, seed: int) -> None:
    media.plain(tmp_path / "red.png", (200, 60, 40))
    (tmp_path / "draft_content.json").write_bytes(drawn(random.Random(seed)).bytes())
    rendered = run(request(tmp_path, draft_folder=str(tmp_path)))
    assert rendered.exit_code == 0, rendered.log
    assert len(rendered.video) == CLIPS * FRAMES
    assert {warning["code"] for warning in rendered.warnings} <= {
        "EFFECT_APPROXIMATED", "EFFECT_SKIPPED", "FONT_SUBSTITUTED", "GLYPH_MISSING",
    }  # fmt: skip
