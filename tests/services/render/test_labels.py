"""Labels of AI-generated content (GB 45438-2025): kept from materials, written on request, and shown as a mark."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services.output import FILE_TYPES, OutputFormat
from services.render.media.provenance import kept_label
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.labels import labels_of
from tests.support.media import BLUE, RED
from tests.support.render import Rendered, render

WIDTH, HEIGHT, S = 144, 256, 1_000_000
FOUND = {"Label": "1", "ContentProducer": "001191440300708461136T1XGW3", "ProduceID": 'a"b<中>'}
SUSPECTED = {"Label": "3", "ContentPropagator": "某平台", "PropagateID": "7"}
WANTED = {"content_producer": "某工作室", "reserved_code1": "c2ln"}
WRITTEN = {
    "Label": "1", "ContentProducer": "某工作室", "ProduceID": "test", "ReservedCode1": "c2ln",
    "ContentPropagator": "", "PropagateID": "", "ReservedCode2": "",
}  # fmt: skip
MANIFEST = b"jumb\x00\x00\x00\x25jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9bq\x03c2pa\x00"


def text(label: dict[str, str]) -> str:
    return json.dumps(label, ensure_ascii=False)


def xmp(label: dict[str, str]) -> bytes:
    """A packet as other programs write it: the property is an element."""
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description xmlns:TC260='http://www.tc260.org.cn/ns/AIGC/1.0/'><TC260:AIGC>"
        f"{text(label).replace('<', '&lt;')}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip and a song with labels in their metadata, and a photo without one."""
    made = tmp_path_factory.mktemp("labels")
    tags = ("-metadata", f"AIGC={text(FOUND)}", "-movflags", "use_metadata_tags")
    media.counting_video(made / "clip.mp4", seconds=0.2, size=f"{WIDTH}x{HEIGHT}", fps="10", options=tags)
    media.ffmpeg("-f", "lavfi", "-i", media.sine(500, 0.2), "-metadata", f"AIGC={text(SUSPECTED)}", made / "song.mp3")
    media.plain(made / "blue.png", BLUE, WIDTH, HEIGHT)
    return made


def both() -> DraftBuilder:
    builder = DraftBuilder(WIDTH, HEIGHT, 10).video("clip.mp4", 0, S // 5)
    return builder.audio("song.mp3", 0, S // 5)


def made(folder: Path, draft: DraftBuilder, format_: str = "MP4", **options: Any) -> tuple[Path, Rendered]:
    path = folder / "task" / "1" / f"video{FILE_TYPES[OutputFormat(format_)].ending}"
    rendered = render(folder, draft, output=str(path), options={"format": format_, **options})
    assert rendered.result
    return path, rendered


@pytest.mark.parametrize("format_", sorted(OutputFormat))
def test_every_format_holds_the_label_of_the_task(folder: Path, format_: str) -> None:
    path, _ = made(folder, both(), format_, ai_label=WANTED)
    written = labels_of(path)
    assert written["AIGC"] == WRITTEN
    assert written["AIGC_MATERIALS"] == [FOUND, SUSPECTED]


@pytest.mark.parametrize("format_", ["MP4", "GIF"])
def test_labels_of_materials_are_kept(folder: Path, format_: str) -> None:
    path, rendered = made(folder, both(), format_)
    assert labels_of(path) == {"AIGC": FOUND, "AIGC_MATERIALS": [SUSPECTED]}
    assert not rendered.warnings


def test_without_labels_the_file_has_none(folder: Path) -> None:
    path, _ = made(folder, DraftBuilder(WIDTH, HEIGHT, 10).photo("blue.png", 0, S // 5))
    assert b"AIGC" not in path.read_bytes()
    assert not labels_of(path)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "gif", "exif"])
def test_labels_of_pictures_are_kept(tmp_path: Path, kind: str) -> None:
    name = "photo.jpg" if kind == "exif" else f"photo.{kind}"
    image, exif = Image.new("RGB", (WIDTH, HEIGHT), RED), Image.Exif()
    if kind == "exif":
        exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + json.dumps({"AIGC": FOUND}).encode()
        image.save(tmp_path / name, exif=exif)
    elif kind == "gif":
        image.save(tmp_path / name)
        data = (tmp_path / name).read_bytes()
        table = 13 + (3 << (data[10] & 7) + 1)
        packet = b"\x21\xff\x0bXMP DataXMP" + xmp(FOUND) + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
        (tmp_path / name).write_bytes(data[:table] + packet + data[table:])
    elif kind == "png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp(FOUND).decode())
        image.save(tmp_path / name, pnginfo=info)
    else:
        image.save(tmp_path / name, xmp=xmp(FOUND))
    path, _ = made(tmp_path, DraftBuilder(WIDTH, HEIGHT, 10).photo(name, 0, S // 10))
    assert labels_of(path) == {"AIGC": FOUND}


def test_lost_provenance_is_told_and_fails_nothing(tmp_path: Path) -> None:
    media.plain(tmp_path / "signed.png", RED, WIDTH, HEIGHT)
    with (tmp_path / "signed.png").open("ab") as file:
        file.write(MANIFEST)
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "odd.jpg", xmp=b'<rdf:Description TC260:AIGC="by AI"/>')
    draft = DraftBuilder(WIDTH, HEIGHT, 10).photo("signed.png", 0, S // 10).photo("odd.jpg", S // 10, S // 10)
    rendered = render(tmp_path, draft, strict=True)
    assert rendered.result
    assert [(each["code"], each["material_name"]) for each in rendered.warnings] == [
        ("PROVENANCE_LOST", "signed.png"),
        ("PROVENANCE_LOST", "odd.jpg"),
    ]
    assert "C2PA" in rendered.warnings[0]["message"]["en"]
    assert "not a JSON object" in rendered.warnings[1]["message"]["en"]


def ink_height(shown: np.ndarray[Any, Any]) -> int:
    """The height of the white letters, of which 生 is the highest."""
    rows = np.flatnonzero((shown.min(axis=2) > 180).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if rows.size else 0


@pytest.mark.parametrize(("width", "height"), [(360, 640), (640, 360)])
def test_the_mark_is_as_high_and_long_as_required(tmp_path: Path, width: int, height: int) -> None:
    media.plain(tmp_path / "blue.png", BLUE, width, height)
    draft = DraftBuilder(width, height, 5).photo("blue.png", 0, 5 * S)
    options = {"ai_label": {**WANTED, "mark": True}, "start_ms": 1000}
    rendered = render(tmp_path, draft, options=options)
    video = rendered.video
    heights = [ink_height(video.rgb(frame)) for frame in range(len(video))]
    assert all(high >= 0.05 * min(width, height) for high in heights[: 2 * 5 + 1])
    assert heights[16:] == [0] * (len(video) - 16)
    first = video.rgb(0)
    assert ink_height(first[: height // 4, : width // 2]) == heights[0]


@pytest.mark.parametrize("format_", ["JPEG", "CONTACT_SHEET"])
def test_the_mark_of_a_picture_is_measured_by_the_whole(folder: Path, format_: str) -> None:
    draft = DraftBuilder(360, 640, 10).photo("blue.png", 0, S // 5)
    path, _ = made(folder, draft, format_, ai_label={**WANTED, "mark": True})
    with Image.open(path) as picture:
        assert ink_height(np.asarray(picture)) >= 0.05 * min(picture.size)


@pytest.mark.parametrize("escaped", ["\\ud800", "\\udcff"])
def test_a_label_with_half_a_character_is_kept_as_text(escaped: str) -> None:
    kept = kept_label(f'{{"Label": "1", "ContentProducer": "Studio {escaped}"}}')
    assert json.loads(kept)["ContentProducer"] == "Studio ?"
