"""Row 26: a material without a name is called by its file, never by what is secret in its address; and a server opens
no path of its own disk because a draft names it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.http.redaction import display_name
from tests.support.drafts import DraftBuilder
from tests.support.media import plain
from tests.support.render import request, run
from tests.support.servers import DraftServer

CANARY = "CANARY77"
QUERY = f"?Signature={CANARY}&x=1"


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


def told(folder: Path, server: DraftServer, draft: DraftBuilder) -> list[Any]:
    """All lines of a report on a draft behind a URL."""
    url = server.add_draft("canary", json.dumps(nameless(draft.draft)).encode())
    done = run(request(folder, draft_url=url, allow_hosts=[server.host], report=True))
    return list(done.lines)


def nameless(draft: dict[str, Any]) -> dict[str, Any]:
    """The draft with all names of materials gone."""
    for bucket in draft["materials"].values():
        for material in bucket:
            for name in ("name", "material_name", "font_title", "font_name"):
                material.pop(name, None)
    return draft


def drafts(base: str) -> dict[str, DraftBuilder]:
    """A draft for each kind of material, whose file is not there, cannot be read, or is not drawn."""
    url = f"{base.replace('://', f'://me:{CANARY}@')}/gone.png{QUERY}#{CANARY}"
    text = {"font_path": f"/x/font.ttf{QUERY}"}
    seen = DraftBuilder(64, 36).photo("seen.png", 0, 100_000)
    return {
        "photo": DraftBuilder(64, 36).photo(url, 0, 100_000),
        "video": DraftBuilder(64, 36).video(url, 0, 100_000),
        "audio": DraftBuilder(64, 36).audio(url, 0, 100_000),
        "relative": DraftBuilder(64, 36).photo(f"assets/gone.png{QUERY}", 0, 100_000),
        "windows": DraftBuilder(64, 36).photo(f"C:\\x\\gone.png{QUERY}", 0, 100_000),
        "unreadable": DraftBuilder(64, 36).photo(f"{base}/broken.png{QUERY}", 0, 100_000),
        "font": DraftBuilder(64, 36).text("Hello", 0, 100_000, material=text),
        "lut": seen.using("effects", type="lut", path=f"{base}/gone.cube{QUERY}"),
    }


KINDS = list(drafts("http://h.example"))


@pytest.mark.parametrize("kind", KINDS)
def test_nameless_materials_are_named_without_their_secrets(tmp_path: Path, server: DraftServer, kind: str) -> None:
    server.add_file("/broken.png", b"\x89PNG\r\n\x1a\nbroken")
    server.add_file("/output/draft/canary/seen.png", plain(tmp_path / "seen.png", (255, 0, 0), 64, 36))
    lines = told(tmp_path, server, drafts(server.base)[kind])
    text = json.dumps(lines)
    assert CANARY not in text
    if kind not in ("lut", "font"):
        assert "gone.png" in text or "broken.png" in text


@pytest.mark.parametrize("kind", ["path", "remote_url"])
def test_a_nameless_sticker_is_named_without_its_secrets(tmp_path: Path, server: DraftServer, kind: str) -> None:
    draft = DraftBuilder(64, 36).text("Hello", 0, 100_000)
    material = draft.material("stickers", **{kind: f"{server.base}/gone.png{QUERY}"})
    track = draft.track("sticker", "sticker")
    segment: dict[str, Any] = {**draft.last, "id": "s1", "material_id": material, "extra_material_refs": []}
    track["segments"].append(segment)
    text = json.dumps(told(tmp_path, server, draft))
    assert "gone.png" in text
    assert CANARY not in text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (("", "http://u:p@h.example/a/片段 1.mp4?sig=s#s"), "片段 1.mp4"),
        (("http://h.example/a.png?sig=s", ""), "a.png"),
        (("a.png?Signature=s", ""), "a.png"),
        (("Why? Because", ""), "Why? Because"),
        (("AC/DC", ""), "AC/DC"),
        (("", "C:\\x\\a.png?sig=s"), "a.png"),
        (("", "http://h.example/?sig=s"), "h.example"),
        (("", "", "id"), "id"),
        (("", "", "http://h.example/x?sig=s"), "x"),
    ],
)
def test_a_material_is_called_by_its_name_or_its_file(given: tuple[str, ...], shown: str) -> None:
    assert display_name(*given) == shown


@pytest.mark.parametrize(
    "way", ["/etc/hostname", "file:///etc/hostname", "{folder}/secret.png", "{folder}/draftcast.sqlite"]
)
def test_a_server_opens_no_path_of_its_own_disk_that_a_draft_names(
    tmp_path: Path, server: DraftServer, way: str
) -> None:
    plain(tmp_path / "secret.png", (255, 0, 0), 64, 36)
    (tmp_path / "draftcast.sqlite").write_bytes(b"SQLite format 3\0")
    path = way.replace("{folder}", str(tmp_path))
    last = told(tmp_path / "work", server, DraftBuilder(64, 36).photo(path, 0, 100_000))[-1]["report"]["error"]
    assert last["code"] == "MATERIAL_UNREACHABLE"
    assert "draftcast submit FOLDER" in last["hint"]["en"]
    assert "draftcast submit" in last["hint"]["zh"]
    assert server.requests.keys() == {"/openapi/capcut-mate/v1/get_draft", "/output/draft/canary/draft_content.json"}
