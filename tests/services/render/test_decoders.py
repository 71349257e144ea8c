"""Codecs of phones and recorders are played; one that ffmpeg cannot decode is named."""

import random
import struct
from pathlib import Path

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.ffmpegs import used_ffmpeg
from tests.support.render import Rendered, render

S = 1_000_000
CHANCE = random.Random(1)


def amr(path: Path, magic: bytes, head: int, size: int) -> Path:
    """A second of frames of noise, 20 ms each, behind their header bytes (RFC 4867, section 5)."""
    path.write_bytes(magic + b"".join(bytes([head]) + CHANCE.randbytes(size) for _ in range(50)))
    return path


def gsm(path: Path) -> Path:
    """A second of GSM 06.10 as WAVE holds it: 65 bytes for two frames of 160 samples at 8 kHz."""
    data = CHANCE.randbytes(65 * 25)
    form = struct.pack("<4sIHHIIHHHH", b"fmt ", 20, 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    fact = struct.pack("<4sII", b"fact", 4, 8000)
    body = b"WAVE" + form + fact + struct.pack("<4sI", b"data", len(data)) + data
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    return path


def test_the_codecs_of_phones_and_recorders_are_heard(tmp_path: Path) -> None:
    made = [
        amr(tmp_path / "narrow.amr", b"#!AMR\n", 7 << 3 | 4, 31),
        amr(tmp_path / "wide.amr", b"#!AMR-WB\n", 8 << 3 | 4, 60),
        gsm(tmp_path / "dictaphone.wav"),
    ]
    draft = DraftBuilder(64, 36)
    for index, path in enumerate(made):
        draft.audio(path.name, index * S, S)
    rendered = render(tmp_path, draft)
    levels = [rendered.video.heard(at + 0.2, at + 0.8).samples.std() for at in range(len(made))]
    assert [level > 0.01 for level in levels] == [True] * len(made), levels
    assert rendered.warnings == []


def lacking(folder: Path, *codecs: str) -> str:
    """An ffmpeg that lists no decoder of some codecs."""
    program = folder / "ffmpeg"
    real = used_ffmpeg()
    left_out = ";".join(f"s/^ D\\(.....  *{codec} \\)/ .\\1/" for codec in codecs)
    asked = f"if [ \"$2\" = -codecs ]; then {real} -hide_banner -codecs | sed '{left_out}'; exit; fi"
    program.write_text(f'#!/bin/sh\n{asked}\nexec {real} "$@"\n')
    program.chmod(0o755)
    return str(program)


def looked_into(folder: Path, codec: str) -> Rendered:
    media.counting_video(folder / "clip.mp4", seconds=0.2, size="64x36", hertz=440)
    draft = DraftBuilder(64, 36).video("clip.mp4", 0, S // 5)
    return render(folder, draft, ffmpeg=lacking(folder, codec), report=True)


def test_pictures_that_this_ffmpeg_does_not_decode_are_named_with_their_codec(tmp_path: Path) -> None:
    error = looked_into(tmp_path, "h264").lines[-1]["report"]["error"]
    assert error["code"] == "MATERIAL_UNREADABLE"
    assert all(word in error["message"]["en"] for word in ("clip.mp4", "h264", "bundled"))
    assert "h264" in error["message"]["zh"]


def test_a_sound_that_this_ffmpeg_does_not_decode_is_a_warning_with_its_codec(tmp_path: Path) -> None:
    [warning] = looked_into(tmp_path, "aac").warnings
    assert (warning["code"], warning["material_name"]) == ("MATERIAL_MISSING", "clip.mp4")
    assert all(word in warning["message"]["en"] for word in ("aac", "bundled"))
