"""Sound that cannot be played is a warning with its segment and material; the rest is rendered."""

import random
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import Rendered, render, request, run
from tests.support.video import Heard

S = 1_000_000


def unknown_codec(folder: Path) -> Path:
    """An MP4 with sound of an unknown codec."""
    path = media.counting_video(folder / "clip.mp4", seconds=1, size="64x36", hertz=440)
    path.write_bytes(path.read_bytes().replace(b"mp4a", b"zzzz").replace(b"esds", b"free"))
    return path


def no_samples(folder: Path) -> Path:
    """A Matroska file with an empty sound track."""
    whole = media.counting_video(folder / "whole.mkv", seconds=1, size="64x36", hertz=440)
    return rewritten(whole, folder / "clip.mkv", lambda packet: packet.stream.type == "video")


def damaged(folder: Path) -> Path:
    """Every packet of its sound is noise."""
    whole = media.counting_video(folder / "whole.mkv", seconds=1, size="64x36", hertz=440, options=("-c:a", "flac"))
    return rewritten(whole, folder / "clip.mkv", lambda _: True, spoil=range(1000))


def damaged_in_its_middle(folder: Path) -> Path:
    """A third of a second of its sound is noise."""
    whole = media.counting_video(folder / "whole.mkv", seconds=1, size="64x36", hertz=440, options=("-c:a", "flac"))
    return rewritten(whole, folder / "clip.mkv", lambda _: True, spoil=range(4, 20))


def damaged_for_the_most_part(folder: Path) -> Path:
    """After a tenth of a second all is noise."""
    whole = media.counting_video(folder / "whole.mkv", seconds=1, size="64x36", hertz=440, options=("-c:a", "flac"))
    return rewritten(whole, folder / "clip.mkv", lambda _: True, spoil=range(4, 1000))


def over_before(folder: Path) -> Path:
    """Its sound ends before the segment begins in it."""
    return media.counting_video(
        folder / "clip.mp4", seconds=2, size="64x36", hertz=440, options=("-af", "atrim=end=0.5")
    )


def rewritten(whole: Path, path: Path, kept: Callable[[Any], bool], spoil: range = range(0)) -> Path:
    """The file with some of its packets, and noise in the sound packets selected by `spoil`."""
    chance, number = random.Random(1), 0
    with av.open(whole) as source, av.open(path, "w") as opened:
        target: Any = opened  # PyAV's types are partly unknown
        made: dict[int, Any] = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None or not kept(packet):
                continue
            stream = made[packet.stream.index]
            if packet.stream.type == "audio":
                if number in spoil:
                    packet = spoiled(packet, chance)
                number += 1
            packet.stream = stream
            target.mux(packet)
    return path


def spoiled(packet: Any, chance: random.Random) -> Any:
    noise = av.Packet(chance.randbytes(packet.size))
    noise.pts, noise.dts, noise.time_base, noise.duration = packet.pts, packet.dts, packet.time_base, packet.duration
    return noise


def over_amid(folder: Path) -> Path:
    """Its sound ends in the middle of the segment, long before its picture."""
    return media.counting_video(
        folder / "clip.mp4", seconds=1, size="64x36", hertz=440, options=("-af", "atrim=end=0.5")
    )


LOST: list[tuple[Callable[[Path], Path], str, bool]] = [
    (unknown_codec, "codec", False),
    (no_samples, "no samples", False),
    (damaged, "does not decode", False),
    (damaged_in_its_middle, "0.3", True),
    (damaged_for_the_most_part, "cannot be played", False),
    (over_before, "are not played", False),
    (over_amid, "0.5", True),
]


@pytest.mark.parametrize(("make", "says", "sounds"), LOST)
def test_sound_that_is_lost_is_a_warning(tmp_path: Path, make: Callable[[Path], Path], says: str, sounds: bool) -> None:
    name = make(tmp_path).name
    media.tone(tmp_path / "music.wav", 880, 1)
    start_us = S if make is over_before else 0
    draft = DraftBuilder(64, 36).video(name, 0, S, source_start_us=start_us).audio("music.wav", 0, S)
    rendered = render(tmp_path, draft)
    check_warning(rendered, draft, name, says)
    heard = rendered.video.heard(0.1, 0.9)
    assert heard.level_at(880) == pytest.approx(0.25, rel=0.03)
    assert (heard.level_at(440) > 0.1) == sounds
    looked = run(request(tmp_path, attempt=2, draft_folder=str(tmp_path), report=True))
    assert looked.warnings == rendered.warnings


def check_warning(rendered: Rendered, draft: DraftBuilder, name: str, says: str) -> None:
    """The one warning."""
    (warning,) = rendered.warnings
    assert warning["segment_id"] == draft.content()["tracks"][0]["segments"][0]["id"]
    assert warning["material_name"] == name
    assert says in warning["message"]["en"]
    assert warning["message"]["en"].endswith(".")
    assert warning["message"]["zh"].endswith("。")


def test_a_file_of_sound_without_samples_is_a_warning(tmp_path: Path) -> None:
    written(tmp_path / "narration.wav", 1, b"")
    rendered = render(tmp_path, DraftBuilder(64, 36).audio("narration.wav", 0, S))
    (warning,) = rendered.warnings
    assert "no samples" in warning["message"]["en"]
    assert not rendered.video.has_sound


def test_of_many_channels_in_no_known_order_two_are_heard_and_a_warning_says_so(tmp_path: Path) -> None:
    """As multitrack recorders write them: the first two are the mix, or the first two microphones."""
    wave_440 = np.round(8192 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)).astype("<i2")
    samples = np.stack([wave_440, wave_440 // 2, *[wave_440 * 0] * 8], axis=1)
    written(tmp_path / "room.wav", 10, samples.tobytes())
    draft = DraftBuilder(64, 36).audio("room.wav", 0, S, volume=0.5)
    rendered = render(tmp_path, draft)
    check_warning(rendered, draft, "room.wav", "10 channels")
    heard = rendered.video.heard(0.1, 0.9).samples
    assert [Heard(heard[:, side : side + 1]).amplitude for side in range(2)] == pytest.approx([0.125, 0.0625], rel=0.02)


def test_what_breaks_off_before_its_segment_ends_is_a_warning_each(tmp_path: Path) -> None:
    """Three truncated files, whose headers promise the rest; the clip that ends early has one warning. Hundredths of a
    second, as encoders leave them, have none.
    """
    draft = DraftBuilder(64, 36)
    for ending in ("wav", "mp3", "flac"):
        path = media.tone(tmp_path / f"cut.{ending}", 440, 2)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * 6 // 10])
        draft.audio(path.name, 0, 2 * S, track=ending)
    media.tone(tmp_path / "whole.mp3", 440, 2)
    media.counting_video(tmp_path / "short.mp4", seconds=1, size="64x36", hertz=440)
    draft.audio("whole.mp3", 0, 2 * S + S // 20, track="whole").video("short.mp4", 0, 2 * S)
    told = {each["material_name"]: each for each in render(tmp_path, draft, report=True).warnings}
    assert {name: each["code"] for name, each in told.items()} == {
        "short.mp4": "MATERIAL_FROZEN",
        **{f"cut.{ending}": "MATERIAL_MISSING" for ending in ("wav", "mp3", "flac")},
    }
    assert all("0.8" in told[f"cut.{ending}"]["message"]["en"] for ending in ("wav", "mp3", "flac"))


def written(path: Path, channels: int, samples: bytes) -> None:
    """A WAVE file of 16 bits, which does not say what its channels are."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples)
