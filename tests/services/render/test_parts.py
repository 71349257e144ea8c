"""A long video in parts: the renderer announces them, and renders those ordered."""

import json
import subprocess
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.parts import (
    PART_SECONDS,
    BadOrder,
    JoinParts,
    RenderPart,
    StreamPart,
    parts_of,
    read_order,
)
from services.render.timeline.fragments import FRAGMENT_SECONDS, fragments
from services.render.timeline.scene import Timeline
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.fonts import font_with
from tests.support.render import SECONDS, render, request, start
from tests.support.video import Video

S = 1_000_000
Json = dict[str, Any]
RARE = "\ue123"
"""A character that no font of a machine has."""


def timeline(frames: int, rate: Fraction) -> Timeline:
    return Timeline(width=160, height=90, rate=rate, frames=frames, items=(), sounds=())


@given(st.integers(1, 400_000), st.sampled_from([Fraction(30), Fraction(30000, 1001), Fraction(12), Fraction(120)]))
def test_parts_cover_the_video_without_a_gap_and_are_short_and_alike(frames: int, rate: Fraction) -> None:
    spans = parts_of(timeline(frames, rate))
    assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
    assert spans[-1].end == frames
    counts = [span.count for span in spans]
    assert max(counts) <= PART_SECONDS * rate + 1
    assert {span.start for span in spans} <= {each.start for each in fragments(frames, rate)}
    assert max(counts[:-1], default=0) - min(counts[:-1], default=0) <= FRAGMENT_SECONDS * rate + 2


def test_orders_are_to_render_to_join_or_to_leave() -> None:
    assert read_order(b'{"part": 3}\n') == RenderPart(3)
    assert read_order(b'{"stream": 3, "elsewhere": {"0": "/a/0.mp4"}}\n') == StreamPart(3, {0: Path("/a/0.mp4")})
    assert read_order(b'{"join": {"2": "/a/2.mp4"}}\n') == JoinParts({2: Path("/a/2.mp4")})
    assert read_order(b"") is None


@pytest.mark.parametrize(
    "line",
    [b"\n", b"[]", b'{"part": "x"}', b'{"stream": 1}', b'{"join": {"x": "/a"}}', b'{"join": {"1": 2}}', b"{"],
)
def test_an_order_that_makes_no_sense_is_refused(line: bytes) -> None:
    with pytest.raises(BadOrder):
        read_order(line)


@contextmanager
def asked(folder: Path, draft: DraftBuilder, **changes: Any) -> Generator["PartProtocol"]:
    """A renderer of the draft in `folder` that may request orders."""
    (folder / "draft_content.json").write_bytes(draft.bytes())
    with start(request(folder, draft_folder=str(folder), **changes), more=True) as process:
        yield PartProtocol(process)
        process.wait(SECONDS)


class PartProtocol:
    """Both ends of the part protocol."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def hear(self, *keys: str) -> Json:
        """The next line with one of the keys."""
        assert self.process.stdout is not None
        lines = (json.loads(line) for line in self.process.stdout)
        return dict(next(line for line in lines if set(line) & {*keys, "error"}))

    def say(self, **order: Any) -> None:
        """Send an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def streamed(self, number: int, elsewhere: dict[str, str]) -> list[bytes]:
        """The initialization and the fragments of a part."""
        self.say(stream=number, elsewhere=elsewhere)
        made: list[bytes] = []
        while not (line := self.hear("stream", "fragment", "part")).get("part"):
            made.append(Path((line.get("stream") or line["fragment"])["path"]).read_bytes())
        return made

    def leave(self) -> None:
        """Close stdin: no work is left."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None


def long_draft(folder: Path, clips: int = 23) -> DraftBuilder:
    """Clips of one second in a low frame rate, with a caption and a tone."""
    if not (folder / "count.mp4").exists():
        media.counting_video(folder / "count.mp4", seconds=1, size="32x18", fps="12")
        media.tone(folder / "tone.wav", 440, 2)
    draft = DraftBuilder(64, 36, fps=12)
    for number in range(clips):
        draft.video("count.mp4", number * S, S)
    return draft.text(RARE, 0, clips * S, size=8).audio("tone.wav", 5 * S, 2 * S)


def test_any_renderer_joins_parts_made_by_another_with_its_own(tmp_path: Path) -> None:
    """The sound is a part, too."""
    draft = long_draft(tmp_path)
    elsewhere = tmp_path / "made-elsewhere.mp4"
    with asked(tmp_path, draft, attempt=2, share_seconds=20) as first:
        theirs = first.hear("parts")["parts"]
        first.say(part=0)
        elsewhere.write_bytes(Path(first.hear("part")["part"]["path"]).read_bytes())
        first.leave()
    folder = tmp_path / "task" / "1"
    with asked(tmp_path, draft, share_seconds=20, helping=True, stream=True) as other:
        ours = other.hear("parts")["parts"]
        assert ours == theirs
        assert ours["spans"] == [[0, 0], [0, 144], [144, 276]]
        for number in (1, 2):
            other.say(part=number)
            assert other.hear("part")["part"]["number"] == number
        elsewhere.rename(folder / "0.mp4")
        begin, *early = other.streamed(1, {"0": str(folder / "0.mp4")})
        again, *late = other.streamed(2, {})
        other.say(join={})
        result = other.hear("result")["result"]
    video = Video(Path(result["output"]))
    assert begin == again
    (tmp_path / "watched.mp4").write_bytes(b"".join([begin, *early, *late]))
    watched = Video(tmp_path / "watched.mp4")
    assert len(early) == 5
    assert [watched.count_at(frame, y=0.05) for frame in range(len(watched))] == [frame % 12 for frame in range(276)]
    assert np.abs(watched.sound[240_000:336_000] - video.sound[240_000:336_000]).max() < 1e-4, (
        "the sound is in its place"
    )
    assert [video.count_at(frame, y=0.05) for frame in range(len(video))] == [frame % 12 for frame in range(276)]
    assert result["has_sound"]
    assert (video.sound == render(tmp_path, draft).video.sound).all()
    assert not (folder / "pieces").exists()


def test_a_part_that_nobody_made_is_missed(tmp_path: Path) -> None:
    with asked(tmp_path, long_draft(tmp_path), share_seconds=20) as renderer:
        renderer.hear("parts")
        renderer.say(part=0)
        renderer.hear("part")
        renderer.say(join={})
        assert renderer.hear("result")["error"]["code"] == "INTERNAL"


@pytest.mark.long
@pytest.mark.parametrize(("clips", "share_seconds"), [(20, 21), (23, 0)])
def test_a_draft_that_is_too_short_or_may_not_be_shared_asks_nothing(
    tmp_path: Path, clips: int, share_seconds: int
) -> None:
    with asked(tmp_path, long_draft(tmp_path, clips), share_seconds=share_seconds) as alone:
        assert "result" in alone.hear("parts", "result")


def test_a_draft_of_cuts_that_are_copied_asks_nothing(tmp_path: Path) -> None:
    clip = ("-c:v", "libx264", "-g", "12", "-bf", "0", "-pix_fmt", "yuv420p", *media.TAGS)
    media.ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x36:rate=12:duration=2", *clip, tmp_path / "clip.mp4")
    draft = DraftBuilder(64, 36, fps=12)
    for number in range(11):
        draft.video("clip.mp4", number * 2 * S, 2 * S)
    with asked(tmp_path, draft, share_seconds=20) as alone:
        assert "result" in alone.hear("parts", "result")


def digests(folder: Path, drafts: Iterable[DraftBuilder], **changes: Any) -> list[str]:
    found: list[str] = []
    for attempt, draft in enumerate(drafts):
        with asked(folder, draft, attempt=attempt, share_seconds=20, helping=True, **changes) as helper:
            found.append(str(helper.hear("parts")["parts"]["digest"]))
            helper.leave()
    return found


@pytest.mark.long
def test_where_something_else_is_drawn_no_part_would_fit(tmp_path: Path) -> None:
    """Another frame, volume or font changes the digest."""
    draft, moved, quiet = long_draft(tmp_path), long_draft(tmp_path), long_draft(tmp_path)
    moved.draft["tracks"][0]["segments"][5]["source_timerange"]["start"] = 500_000
    quiet.draft["tracks"][-1]["segments"][0]["volume"] = 0.5
    first, again, other, quieter = digests(tmp_path, [draft, draft, moved, quiet])
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    font_with(fonts / "rare.ttf", RARE)
    (other_font,) = digests(tmp_path, [draft], font_dirs=[str(fonts)])
    assert first == again
    assert len({first, other, quieter, other_font}) == 4


def test_a_picture_of_the_same_name_and_size_does_not_pass_for_another(tmp_path: Path) -> None:
    draft = long_draft(tmp_path).photo("photo.png", 0, S, track="over", clip={"scale": {"x": 0.5, "y": 0.5}})
    found: list[str] = []
    for color in (media.RED, media.BLUE):
        media.plain(tmp_path / "photo.png", color, 64, 36)
        found += digests(tmp_path, [draft])
    assert found[0] != found[1]
