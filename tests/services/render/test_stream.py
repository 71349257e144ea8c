"""The stream of a render: fragments that are the file, frame for frame, and can be watched before it is done."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from services.render.stream.boxes import boxes
from services.render.timeline.fragments import fragments
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import Rendered, render
from tests.support.video import Video

S = 1_000_000
SECONDS = 9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with B-frames and sound."""
    made = tmp_path_factory.mktemp("stream")
    media.counting_video(made / "clip.mp4", seconds=SECONDS, size="160x90", fps="10", hertz=440)
    return made


def draft() -> DraftBuilder:
    return DraftBuilder(160, 90, 10).video("clip.mp4", 0, SECONDS * S).text("Soon", 0, 2 * S)


@pytest.fixture(scope="module")
def streamed(folder: Path) -> Rendered:
    """The clip with a caption, rendered with a stream."""
    return render(folder, draft(), stream=True, keep_dir=str(folder / "kept"))


def lines(of: Rendered, kind: str) -> list[dict[str, Any]]:
    return [line[kind] for line in of.lines if kind in line]


def joined(of: Rendered, target: Path) -> Path:
    """All that a player of the stream fetches, one after the other."""
    paths = [each["path"] for kind in ("stream", "fragment") for each in lines(of, kind)]
    target.write_bytes(b"".join(Path(path).read_bytes() for path in paths))
    return target


def test_the_fragments_are_the_file_frame_for_frame(streamed: Rendered, tmp_path: Path) -> None:
    watched, file = Video(joined(streamed, tmp_path / "watched.mp4")), streamed.video
    with av.open(str(watched.path)) as container:
        picture = container.streams.video[0]
        assert picture.time_base is not None
        times = sorted(packet.pts * picture.time_base for packet in container.demux(picture) if packet.pts is not None)
    assert [round(time * 1000) for time in times] == [100 * frame for frame in range(SECONDS * 10)]
    for frame in range(SECONDS * 10):
        assert np.array_equal(watched.rgb(frame), file.rgb(frame)), frame
    ours, all_sound = watched.sound, file.sound
    assert abs(len(ours) - len(all_sound)) < 2048
    assert np.abs(ours[4096:96_000] - all_sound[4096:96_000]).max() < 1e-4, "the sound is in its place"


def test_fragments_come_in_order(streamed: Rendered) -> None:
    told = lines(streamed, "fragment")
    assert lines(streamed, "stream") == [{"path": lines(streamed, "stream")[0]["path"], "rate": [10, 1], "frames": 90}]
    assert [(each["number"], each["frames"]) for each in told] == [(0, 10), (1, 10), (2, 20), (3, 40), (4, 10)]


def test_a_render_of_kept_chunks_and_sound_makes_the_same_fragments(folder: Path, streamed: Rendered) -> None:
    again = render(folder, draft(), attempt=2, stream=True, keep_dir=str(folder / "kept"))
    for one, other in zip(lines(streamed, "fragment"), lines(again, "fragment"), strict=True):
        assert Path(one["path"]).read_bytes() == Path(other["path"]).read_bytes()


def test_each_fragment_is_one_moof_and_its_data(streamed: Rendered) -> None:
    (begin,) = lines(streamed, "stream")
    assert [kind for kind, _ in boxes(Path(begin["path"]).read_bytes())] == [b"ftyp", b"moov"]
    for each in lines(streamed, "fragment"):
        assert [kind for kind, _ in boxes(Path(each["path"]).read_bytes())] == [b"moof", b"mdat"]


@pytest.mark.long
def test_many_sounds_need_not_all_be_mixed_for_the_first_second(folder: Path) -> None:
    """Half a second of each of a hundred and forty sounds: nine mixes, of which the first fragments need one."""
    many = DraftBuilder(160, 90, 10)
    for number in range(140):
        many.video("clip.mp4", number * S // 2, S // 2)
    made = render(folder, many, attempt=4, stream=True, copy_video=False)
    watched = Video(joined(made, folder / "watched.mp4"))
    assert np.abs(watched.sound[4096:2_000_000] - made.video.sound[4096:2_000_000]).max() < 0.02


@pytest.mark.parametrize("options", [{"format": "WEBM_ALPHA"}, {"format": "GIF"}, {"format": "M4A"}])
def test_other_formats_have_no_stream(folder: Path, options: dict[str, Any]) -> None:
    cut = {**options, "end_ms": 500}
    target = str(folder / "other")
    other = render(folder, draft(), attempt=3, stream=True, options=cut, output=target)
    assert not lines(other, "stream")
    assert not lines(other, "fragment")


@pytest.mark.parametrize(("frames", "rate"), [(1, 30), (29, 30), (300, 30), (299, 7), (40_000, 25)])
def test_fragments_have_no_gaps_and_no_more_than_four_seconds(frames: int, rate: int) -> None:
    made = fragments(frames, Fraction(rate))
    assert [made[0].start, made[-1].end] == [0, frames]
    assert all(one.end == other.start for one, other in pairwise(made))
    assert all(0 < each.count <= 4 * rate for each in made)
