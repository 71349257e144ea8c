"""Row 25: a zip that is made to cost memory or time costs the server none, and is always the caller's fault."""

import asyncio
import io
import os
import struct
import zipfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from services.drafts.uploads.unpack import UnpackLimits
from services.drafts.uploads.unpack_process import unpack_in_process
from services.errors import InvalidInput
from services.sandbox.process_sandbox import sandbox_here
from tests.support.server import ROOT, Answer, Server, serving

ZIP = {"content-type": "application/zip", "accept-language": "en"}
DRAFT = "draft_content.json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("zips")) as running:
        yield running


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for path, content in files.items():
            made.writestr(path, content)
    return target.getvalue()


def bring(server: Server, content: bytes) -> Answer:
    return server.request("POST", "/drafts", content, ZIP)


def dictionary_bomb() -> bytes:
    """An LZMA entry whose head asks for a dictionary of 1 GiB (APPNOTE.TXT, 5.8.8)."""
    made = packed({DRAFT: b"{}", "x": bytes(100_000)}, zipfile.ZIP_LZMA)
    at = made.index(b"\x09\x04\x05\x00", made.index(b"PK\x03\x04", 4)) + 5
    return made[:at] + struct.pack("<L", 1 << 30) + made[at + 4 :]


def crowded(count: int) -> bytes:
    """A zip of so many empty files, made by hand."""
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"x"
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    directory = entry * count
    told = min(count, 0xFFFF)
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), len(local))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, told, told, len(directory), len(local), 0)
    return local + directory + (end_64 + locator if told < count else b"") + end


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_methods_that_ask_for_memory_are_not_taken(server: Server, method: int) -> None:
    answer = bring(server, packed({DRAFT: b"{}"}, method))
    assert answer.status == 400
    assert f"method {method}" in answer.json["error"]["details"]


def test_a_dictionary_of_a_gigabyte_is_never_made(server: Server) -> None:
    answer = bring(server, dictionary_bomb())
    assert (answer.status, "method 14" in answer.json["error"]["details"]) == (400, True)


@pytest.mark.parametrize(("count", "told"), [(10_001, "10001 files"), (300_000, "14100000 bytes")])
def test_a_list_of_files_is_counted_before_it_is_read(server: Server, count: int, told: str) -> None:
    answer = bring(server, crowded(count))
    assert answer.status == 413
    assert told in answer.json["error"]["details"]


def test_a_list_of_files_that_lies_of_its_count_has_a_size(server: Server) -> None:
    made = crowded(100_000)
    lying = made[:-14] + struct.pack("<2H", 3, 3) + made[-10:]
    answer = bring(server, lying.replace(struct.pack("<2Q", 100_000, 100_000), struct.pack("<2Q", 3, 3)))
    assert answer.status == 413
    assert "list of files has 4700000 bytes" in answer.json["error"]["details"]


def test_the_server_itself_unpacks_nothing_and_four_at_once_leave_it_answering(server: Server) -> None:
    bombs = [packed({DRAFT: b"{}", **{f"{n}.bin": bytes(30_000_000) for n in range(4)}}), dictionary_bomb()] * 2
    process = process_of(server)
    before = process.memory_info().rss
    with ThreadPoolExecutor(4) as pool:
        bringing = [pool.submit(bring, server, bomb) for bomb in bombs]
        while not all(each.done() for each in bringing):
            assert server.get("/healthz").status == 200
    assert [each.result().status for each in bringing] == [201, 400] * 2
    assert process.memory_info().rss - before < 50_000_000
    assert not [child for child in process.children() if "unpacking" in " ".join(child.cmdline())]


def process_of(server: Server) -> psutil.Process:
    """Who listens on its port."""
    found = (each for each in psutil.net_connections("tcp") if each.laddr and each.laddr.port == server.port)
    return psutil.Process(next(each.pid for each in found if each.status == psutil.CONN_LISTEN))


def broken() -> list[bytes]:
    whole = packed({DRAFT: b"{}" * 500, "a.png": bytes(range(256)) * 20})
    middle = whole.index(b"a.png") + 20
    return [
        b"",
        b"PK\5\6",
        whole[:-30],
        whole[100:],
        whole[:middle] + b"\xff" * 40 + whole[middle + 40 :],
        whole.replace(b"PK\1\2", b"PK\1\3"),
        whole.replace(b"PK\3\4", b"PK\3\5"),
        whole[:-6] + b"\xff\xff\xff\x7f" + whole[-2:],
        packed({DRAFT: b"{}", "x" * 3000: b""}),
        packed({DRAFT: b"{}", "a": b"", "a/b": b""}),
        packed({DRAFT: b"{}"}).replace(b"\x08\x00", b"\x63\x00"),
    ]


@pytest.mark.parametrize("number", range(11))
def test_a_broken_zip_is_the_callers_fault(server: Server, number: int) -> None:
    answer = bring(server, broken()[number])
    assert (answer.status, answer.json["error"]["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "name",
    ["Screenshot 2026-11-30 at 9.41.00\u202fAM.png", "a\u00a0b.png", "素材\u3000一.png", "👨\u200d👩\u200d👧.png",
     "می\u200cخواهم.mp4", "12:30 take.png", "a: b.png", "\u202efdp.png", "%03d.png", "100%25.png", "a?b#c&d.png"],
)  # fmt: skip
def test_odd_names_are_taken_and_found_again(server: Server, name: str) -> None:
    draft_url = bring(server, packed({DRAFT: b"{}", f"assets/{name}": b"here"})).json["draft_url"]
    listed = server.get(draft_url).json["files"]
    assert [server.get(url).body for url in listed if "/assets/" in url] == [b"here"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("../x", ".."), ("a/../../x", ".."), ("..\\x", ".."), ("/x", "root"), ("C:\\x", "drive"), ("c:/x", "drive"),
     ("a\x01b", "control"), ("a\nb", "control"), ("a@@b", "control"), ("\x7fa", "control")],
)  # fmt: skip
def test_dangerous_names_are_refused_and_told(server: Server, name: str, told: str) -> None:
    content = packed({DRAFT: b"{}", name: b"x"}).replace(b"a@@b", b"a\0.b")
    answer = bring(server, content)
    assert answer.status == 400
    assert told in answer.json["error"]["details"]


@pytest.mark.parametrize(
    "path", ["%00", "a%00.png", "x" * 300, "x/" * 3000, "%ff%fe", "..%2f..%2f..%2fdraftcast.sqlite"]
)
def test_no_path_of_a_kept_draft_is_a_fault_of_the_server(server: Server, path: str) -> None:
    draft_url: str = bring(server, packed({DRAFT: b"{}"})).json["draft_url"]
    draft_id = parse_qs(urlsplit(draft_url).query)["draft_id"][0]
    assert server.get(f"/drafts/output/draft/{draft_id}/{path}").status in (400, 404)
    assert Path(server.folder, "log").read_text(encoding="utf-8").count("Traceback") == 0


_TAKEN_OVER = """
import os, socket, sys, zipfile
from pathlib import Path
from services.errors import Bilingual, InvalidInput

def tried(deed):
    try:
        deed()
    except OSError as error:
        return str(error.errno)
    return "done"

def take_over(file):
    (folder,) = (Path(each) for each in sys.argv if each.endswith("/out"))
    other, note = folder.parent / "other", b"x"
    deeds = [
        lambda: other.read_bytes(), lambda: os.listdir(folder.parent), lambda: other.write_bytes(note),
        lambda: (folder.parent / "zip").write_bytes(note), lambda: open(f"/proc/{os.getppid()}/environ").read(),
        lambda: socket.socket(), lambda: socket.socket(socket.AF_UNIX), lambda: os.kill(os.getppid(), 0),
        lambda: os.symlink(other, folder / "link"), lambda: (folder / "own").write_bytes(note),
    ]
    said = " ".join(map(tried, deeds))
    raise InvalidInput(Bilingual(said, said))

zipfile.ZipFile = take_over
"""
"""Runs before all else in each Python that finds it, and puts an attacker's program in the place of the unpacking."""


@pytest.mark.skipif(not sandbox_here().complete, reason="this machine has no complete sandbox")
def test_an_unpacking_that_is_taken_over_reaches_its_own_folder_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil, folder = tmp_path / "evil", tmp_path / "out"
    evil.mkdir()
    folder.mkdir()
    (evil / "sitecustomize.py").write_text(_TAKEN_OVER)
    (tmp_path / "other").write_text("another person's draft")
    (tmp_path / "zip").write_bytes(packed({DRAFT: b"{}"}))
    monkeypatch.setenv("PYTHONPATH", f"{evil}{os.pathsep}{ROOT}")
    with pytest.raises(InvalidInput) as said:
        asyncio.run(unpack_in_process(tmp_path / "zip", folder, UnpackLimits(1000, 1000)))
    assert said.value.message.en.split() == ["13"] * 7 + ["1", "38", "done"]
    assert (tmp_path / "other").read_text() == "another person's draft"
