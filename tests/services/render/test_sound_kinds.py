"""Sound of every codec and file type is played, whatever the file begins with; else there is a warning."""

import random
from pathlib import Path

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Video

S = 1_000_000
AMPLITUDE, VOLUME = 0.25, 0.5
RISING = "0.25*sin(2*PI*500*(1+floor(t*2))*t)"
"""500 Hz for half a second, then 1000 Hz."""
SLOT_US, START_US, CHANGE_S = 400_000, 300_000, 0.2
"""Each kind is played from 0.3 s of its file on, for 0.4 s, so that the pitch changes after 0.2 s."""
MONO = ("-ac", "1")
ENCODED: dict[str, tuple[str, ...]] = {
    "dts.mka": ("-c:a", "dca", "-strict", "-2"),
    "dts.mp4": ("-c:a", "dca", "-strict", "-2"),
    "dts.ts": ("-c:a", "dca", "-strict", "-2"),
    "core.dts": ("-c:a", "dca", "-strict", "-2"),
    "truehd.mkv": ("-c:a", "truehd", "-strict", "-2"),
    "bare.thd": ("-c:a", "truehd", "-strict", "-2"),
    "wavpack.mka": ("-c:a", "wavpack"),
    "bare.wv": (),
    "float.aiff": ("-c:a", "pcm_f32be"),
    "float.caf": ("-c:a", "pcm_f32be"),
    "float.mov": ("-c:a", "pcm_f32be"),
    "double.wav": ("-c:a", "pcm_f64le"),
    "dvd.vob": ("-c:a", "pcm_dvd"),
    "alac.m4a": ("-c:a", "alac"),
    "alac.caf": ("-c:a", "alac"),
    "ima.mov": ("-c:a", "adpcm_ima_qt"),
    "yamaha.wav": ("-c:a", "adpcm_yamaha"),
    "swf.flv": ("-c:a", "adpcm_swf", "-ar", "44100"),
    "nelly.flv": ("-c:a", "nellymoser", "-ar", "44100", *MONO),
    "windows.wma": (),
    "bare.ac3": (),
    "bare.eac3": (),
    "bare.tta": (),
    "bare.aac": (),
    "bare.mp2": (),
    "bare.au": (),
    "bare.w64": (),
    "books.m4b": ("-f", "ipod"),
    "phone.3gp": ("-c:a", "aac"),
    "large.wav": ("-rf64", "always"),
    "big.aifc": ("-c:a", "pcm_s16be", "-f", "aiff"),
    "latm.aac": ("-f", "latm"),
    "opus.mp4": ("-c:a", "libopus"),
    "opus.opus": (),
    "flac.oga": ("-c:a", "flac"),
    "bare.mp3": ("-b:a", "192k"),
    "bare.flac": (),
}
LOSSY = {"ima.mov", "yamaha.wav", "swf.flv", "nelly.flv"}
"""Known by their pitch; coarse steps change their level."""


def id3(picture_bytes: int) -> bytes:
    """An ID3v2.4 tag with a cover picture (id3.org, 3.1 and 4.14), in which there are sync words by chance."""
    cover = b"\0image/jpeg\0\3\0\xff\xd8\xff\xe0" + random.Random(picture_bytes).randbytes(picture_bytes)
    frame = b"APIC" + _syncsafe(len(cover)) + b"\0\0" + cover + bytes(100)
    return b"ID3\4\0\0" + _syncsafe(len(frame)) + frame


def _syncsafe(number: int) -> bytes:
    return bytes(number >> 7 * shift & 0x7F for shift in (3, 2, 1, 0))


def ape() -> bytes:
    """An APEv2 tag of one item with its header and footer."""
    item = b"\x05\0\0\0\0\0\0\0Title\0a cat"
    ends = [
        (32 + len(item)).to_bytes(4, "little") + b"\1\0\0\0" + flags + bytes(8)
        for flags in (b"\0\0\0\xa0", b"\0\0\0\x80")
    ]
    return b"APETAGEX\xd0\7\0\0" + ends[0] + item + b"APETAGEX\xd0\7\0\0" + ends[1]


BEFORE: dict[str, bytes] = {
    "tagged": id3(300),
    "tagged with a cover": id3(600_000),
    "tagged with a large cover": id3(3_000_000),
    "tagged twice": id3(5000) + id3(100),
    "tagged APE": ape(),
    "behind zeros": bytes(5000),
    "behind many zeros": bytes(200_000),
    "behind junk": b"HTTP/1.1 200 OK\r\nContent-Type: audio\r\n\r\n",
}
STREAMS = ("bare.aac", "bare.mp3", "bare.ac3")
BEGUN = {
    **{f"{start} {name}": (start, name) for start in BEFORE for name in STREAMS},
    **{
        f"{start} {name}": (start, name)
        for start in BEFORE
        if start != "behind junk"
        for name in ("bare.flac", "double.wav", "bare.wv")
    },
}
KINDS = [*ENCODED, *BEGUN]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    folder = tmp_path_factory.mktemp("kinds")
    for name, options in ENCODED.items():
        media.ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{RISING}|{RISING}':s=48000:d=1", *options, folder / name)
    for name, (start, of) in BEGUN.items():
        (folder / name).write_bytes(BEFORE[start] + (folder / of).read_bytes())
    draft = DraftBuilder(64, 36)
    for number, name in enumerate(KINDS):
        draft.audio(name, number * SLOT_US, SLOT_US, source_start_us=START_US, volume=VOLUME)
    rendered = render(folder, draft)
    assert rendered.warnings == []
    return rendered.video


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_file_is_heard_at_its_level_and_time(video: Video, name: str) -> None:
    start_s = KINDS.index(name) * SLOT_US / S
    before = video.heard(start_s + 0.03, start_s + CHANGE_S - 0.035)
    after = video.heard(start_s + CHANGE_S + 0.035, start_s + SLOT_US / S - 0.03)
    assert before.hertz == pytest.approx(500, abs=12)
    assert after.hertz == pytest.approx(1000, abs=12)
    near = 0.5 if name in LOSSY else 0.04  # LAME makes it 0.3 dB quieter
    assert [before.amplitude, after.amplitude] == pytest.approx([AMPLITUDE * VOLUME] * 2, rel=near), name


def test_files_put_one_behind_the_other_sound_on_and_leave_other_sounds_alone(tmp_path: Path) -> None:
    """Channels and sample rate change, as in an opening and a narration joined by `cat`."""
    for name, hertz, options in (("a", 500, ("-af", "pan=mono|c0=c0", "-ar", "24000")), ("b", 1000, ("-ar", "44100"))):
        media.ffmpeg("-f", "lavfi", "-i", media.sine(hertz, 1), *options, "-b:a", "96k", tmp_path / f"{name}.mp3")
    (tmp_path / "joined.mp3").write_bytes((tmp_path / "a.mp3").read_bytes() + (tmp_path / "b.mp3").read_bytes())
    media.rising_tones(tmp_path / "music.wav")
    draft = DraftBuilder(64, 36).audio("joined.mp3", 0, 2 * S, volume=0.5, source_start_us=0)
    draft.audio("music.wav", 0, 2 * S, track="music", volume=0.2)
    rendered = render(tmp_path, draft)
    assert rendered.warnings == []
    first, second = rendered.video.heard(0.55, 0.95), rendered.video.heard(1.6, 1.95)
    assert [first.level_at(500), second.level_at(500)] == pytest.approx([0.125, 0], abs=0.01)
    assert second.level_at(1000) == pytest.approx(0.125, abs=0.01)
    assert [first.level_at(1000), second.level_at(2000)] == pytest.approx([0.05, 0.05], abs=0.01)
