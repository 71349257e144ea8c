"""Drafts that nobody designed: every feature mixed at random, and files that are broken at random.

DRAFTCAST_FUZZ multiplies how many are tried; `make fuzz` sets it to 25.
"""

import json
import os
import random
import resource
import time
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from services.drafts.read.draft import read_draft
from services.drafts.records import Draft
from services.errors import Failed, Failure
from services.render.picture.chunks import plan
from services.render.timeline.layout import lay_out
from tests.oracle.features import FEATURES
from tests.oracle.studies import Slot
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.prepared import stand_ins
from tests.support.random_drafts import RandomDraft, random_drafts
from tests.support.render import Rendered, request, run, run_program
from tests.support.video import Video

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
BROKEN = 200 if LONGER == 1 else 400 * LONGER
MEGABYTES = 700
"""Memory that no process of a render may need."""
SECONDS = 1.0
"""CPU time for reading one broken draft, and for laying it out."""
LONGEST_US = 60_000_000
"""Drafts that became longer are not laid out here: that takes as long as they are."""
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, -1e308, 2**70, 0.1, "", "x" * 10_000, "NaN", [], {}, [[]], [{}], {"x": {}}, "\ud800",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    media.counting_video(folder / "clip.mp4", seconds=1, size="64x36", hertz=440)
    media.counting_video(folder / "tall.mp4", seconds=0.5, size="36x64", fps="24")
    media.quadrants(folder / "photo.png", 96, 54)
    media.plain(folder / "clear.png", (200, 40, 40, 100), 40, 40)
    media.tone(folder / "tone.m4a", 500, 1)
    colors = "color=red:s=32x32:r=10:d=0.1[a];color=lime:s=32x32:r=10:d=0.1[b];[a][b]concat"
    media.ffmpeg("-f", "lavfi", "-i", colors, folder / "moving.gif")
    return folder


@settings(
    max_examples=4 if LONGER == 1 else 6 * LONGER,
    derandomize=LONGER == 1,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    phases=(Phase.explicit, Phase.generate) if LONGER == 1 else tuple(Phase),
    database=None,
)
@given(draft=random_drafts())
def test_any_mixture_of_features_becomes_a_video_of_the_right_length(folder: Path, draft: RandomDraft) -> None:
    (folder / "draft_content.json").write_bytes(draft.builder.bytes())
    before = _megabytes()
    rendered = run_program(request(folder, draft_folder=str(folder)))
    if _unseen(rendered):
        return
    video = rendered.video
    _check_length(draft, rendered, video)
    assert _megabytes() <= max(before, MEGABYTES)
    _check_warnings(folder, rendered)
    warned = {(each.get("segment_id"), each.get("material_name")) for each in rendered.warnings}
    for segment_id, name in draft.unknown:
        assert (segment_id, name) in warned, f"{name} of {segment_id} is missing without a word"


def _unseen(rendered: Rendered) -> bool:
    """Whether nothing of the draft is visible or audible, which is an error of its own."""
    return rendered.exit_code == 1 and rendered.error["code"] == "DRAFT_EMPTY"


def _check_length(draft: RandomDraft, rendered: Rendered, video: Video) -> None:
    assert len(video) == rendered.result["frames"] == draft.frames
    assert abs(video.duration_s - draft.builder.draft["duration"] / 1e6) <= 1 / draft.fps
    assert all(later > earlier for earlier, later in zip(video.times, video.times[1:], strict=False))


def _check_warnings(folder: Path, rendered: Rendered) -> None:
    """Each warning has a place and a text in both languages; a report has the same ones, and `strict` fails with one of
    them.
    """
    for each in rendered.warnings:
        assert each["segment_id"], each
        assert each["message"]["en"].endswith("."), each
        assert each["message"]["zh"].endswith("。"), each
    looked = run(request(folder, attempt=2, draft_folder=str(folder), report=True))
    assert sorted(map(str, looked.warnings)) == sorted(map(str, rendered.warnings))
    if rendered.warnings:
        error = run(request(folder, attempt=3, draft_folder=str(folder), strict=True)).error
        assert error["code"] == "FEATURE_UNSUPPORTED"
        assert error["message"] in [each["message"] for each in rendered.warnings]


def _megabytes() -> float:
    """The maximum of all child processes so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@pytest.mark.long
def test_a_broken_draft_ends_in_a_named_error_or_is_read_and_laid_out() -> None:
    whole = _everything()
    for number in range(BROKEN):
        content = _broken(whole, random.Random(number))
        try:
            _check_broken(content)
        except Exception as error:
            error.add_note(f"This was broken draft number {number}.")
            raise


def _check_broken(content: bytes) -> None:
    began = time.process_time()
    draft, failure = _read(content)
    assert time.process_time() - began < SECONDS
    assert failure is None or (failure.message.en and failure.message.zh)
    if draft is not None and draft.duration_us <= LONGEST_US:
        began = time.process_time()
        timeline = lay_out(draft, stand_ins(draft))
        chunks = plan(timeline)
        assert sum(chunk.span.count for chunk in chunks) == timeline.frames
        assert time.process_time() - began < SECONDS * max(1, draft.duration_us / 10_000_000)


def _read(content: bytes) -> tuple[Draft | None, Failure | None]:
    try:
        return read_draft(content), None
    except Failed as error:
        return None, error.failure


def _everything() -> bytes:
    """A draft of all features."""
    builder = DraftBuilder()
    for number, feature in enumerate(FEATURES):
        feature.draw(Slot(builder, number))
    return builder.bytes()


def _broken(content: bytes, chance: random.Random) -> bytes:
    """The draft cut off, with bytes changed, or with values that do not belong there."""
    way = chance.randrange(4)
    if way == 0:
        return content[: chance.randrange(len(content))]
    if way == 1:
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        return bytes(damaged)
    draft = json.loads(content)
    for _ in range(chance.choice((1, 3, 30))):
        _spoil(draft, chance)
    return json.dumps(draft).encode()


def _spoil(draft: dict[str, Any], chance: random.Random) -> None:
    """Change or remove one value somewhere inside."""
    holder: Any = draft
    while _keys(holder):
        key = chance.choice(_keys(holder))
        if not _keys(holder[key]) or chance.random() < 0.1:
            holder[key] = chance.choice(JUNK)
            if chance.random() < 0.3:
                del holder[key]
            return
        holder = holder[key]


def _keys(holder: Any) -> list[Any]:
    if isinstance(holder, dict):
        return list(cast("dict[str, Any]", holder))
    return list(range(len(holder))) if isinstance(holder, list) else []  # pyright: ignore[reportUnknownArgumentType] - any
