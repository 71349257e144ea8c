"""Drafts on this machine, whose files lie elsewhere on it, as pyJianYingDraft writes them."""

import shutil
import zipfile
from pathlib import Path
from unicodedata import normalize

import pytest

from services.drafts.locate import listing_of, locate
from tests.draftcast.test_cli import lines, problem, run
from tests.support.drafts import DraftBuilder
from tests.support.media import plain
from tests.support.server import Server
from tests.support.video import Video

RED, BLUE = (255, 0, 0), (0, 0, 255)
DRAFT = "draft_content.json"


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """A red one and a blue one, with one name, in two folders that are not the draft's."""
    for folder, color in (("red", RED), ("蓝 色", BLUE)):
        (tmp_path / "media" / folder).mkdir(parents=True)
        plain(tmp_path / "media" / folder / "片段 1.png", color, 64, 36)
    return tmp_path / "media" / "red" / "片段 1.png", tmp_path / "media" / "蓝 色" / "片段 1.png"


def draft_of(folder: Path, *paths: str | Path) -> Path:
    """The folder of a draft that shows these pictures, one after the other, a tenth of a second each."""
    draft = DraftBuilder(64, 36)
    for number, path in enumerate(paths):
        draft.photo(str(path), number * 100_000, 100_000)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DRAFT).write_text(draft.json(), encoding="utf-8")
    return folder


def colors(video: Path) -> list[str]:
    """Which of the two each frame shows."""
    shown = Video(video)
    middles = [shown.color(number, 0.5, 0.5) for number in range(len(shown))]
    return ["red" if red > blue else "blue" for red, _, blue in middles]


@pytest.mark.parametrize("form", ["folder", "zip", "json"])
def test_render_reads_what_lies_elsewhere_on_this_machine(
    tmp_path: Path, pictures: tuple[Path, Path], form: str
) -> None:
    folder = draft_of(tmp_path / "my draft", pictures[0], f"file://{pictures[1]}")
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", folder)
    draft = {"folder": str(folder), "zip": zipped, "json": str(folder / DRAFT)}[form]
    done = run(tmp_path, "render", draft, "-o", str(tmp_path / "a.mp4"))
    assert done.returncode == 0, done.stderr
    assert colors(tmp_path / "a.mp4") == ["red"] * 3 + ["blue"] * 3


def test_a_draft_content_json_brings_what_lies_beside_it(tmp_path: Path) -> None:
    folder = draft_of(tmp_path / "my draft", "assets/一.png", "C:\\Users\\me\\%03d.png")
    (folder / "assets").mkdir()
    plain(folder / "assets" / "一.png", RED, 64, 36)
    plain(folder / "assets" / "%03d.png", BLUE, 64, 36)
    done = run(tmp_path, "render", str(folder / DRAFT), "-o", str(tmp_path / "a.mp4"))
    assert done.returncode == 0, done.stderr
    assert colors(tmp_path / "a.mp4") == ["red"] * 3 + ["blue"] * 3


def test_a_path_of_another_computer_is_told_with_what_to_do(tmp_path: Path) -> None:
    folder = draft_of(tmp_path / "my draft", "D:\\我的素材\\片段 1.png")
    done = run(tmp_path, "render", str(folder), "-o", str(tmp_path / "a.mp4"), "--json")
    told = problem(done)
    assert (done.returncode, told["code"]) == (1, "MATERIAL_UNREACHABLE")
    assert "片段 1.png" in told["message"]
    assert "disk of some computer" in told["message"]
    assert "draftcast submit FOLDER" in told["hint"]


@pytest.mark.parametrize("form", ["folder", "zip", "json"])
def test_submit_brings_along_what_lies_elsewhere_once_each(
    server: Server, tmp_path: Path, pictures: tuple[Path, Path], form: str
) -> None:
    secret = tmp_path / "media" / "id_rsa.png"
    secret.write_text("-----BEGIN OPENSSH PRIVATE KEY-----")
    folder = draft_of(tmp_path / "my draft", pictures[0], pictures[1], pictures[0], secret, "assets/own.png")
    (folder / "assets").mkdir()
    plain(folder / "assets" / "own.png", RED, 64, 36)
    (folder / "片段 1.png").write_bytes(b"another of that name") if form != "json" else None
    (folder / "unrelated.txt").write_text("x")
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", folder)
    draft = {"folder": str(folder), "zip": zipped, "json": str(folder / DRAFT)}[form]
    done = run(tmp_path, "submit", draft, "--server", server.url)
    assert done.returncode == 0, done.stderr
    assert str(pictures[1]) in done.stderr.replace("\n", "")
    task = lines(run(tmp_path, "tasks", "--limit", "1", "--json", "--server", server.url))[0]
    listing = listing_of(task["draftUrl"], server.get(task["draftUrl"]).json["files"])
    found = [server.get(locate(str(path), listing) or "").body for path in (*pictures, "assets/own.png")]
    assert found == [each.read_bytes() for each in (*pictures, folder / "assets" / "own.png")]
    assert len([file for file in listing.files if file.path.endswith("/red/片段 1.png")]) == 1
    assert locate(str(secret), listing) is None
    assert any(file.path == "unrelated.txt" for file in listing.files) is (form != "json")


def test_a_large_folder_is_sent_without_being_held_in_memory_or_copied(server: Server, tmp_path: Path) -> None:
    from draftcast.cli.local_drafts import LocalSource
    from draftcast.cli.upload import entries
    from draftcast_client.archive import zipped

    folder = draft_of(tmp_path / "my draft")
    with (folder / "large.mp4").open("wb") as file:
        file.truncate(40_000_000)
    largest = max(len(chunk) for chunk in zipped(entries(LocalSource(folder))))
    assert largest < 2_000_000
    done = run(tmp_path, "submit", str(folder), "--server", server.url)
    assert done.returncode == 0, done.stderr
    assert "40.0 MB" in done.stderr


@pytest.mark.parametrize("name", ["cafe\u0301 é.png", "می\u200cخواهم.png", "at 9.41\u202fAM.png", "a%20b.png"])
def test_a_folders_files_are_found_by_every_spelling_of_their_names(tmp_path: Path, name: str) -> None:
    from services.drafts.folder import DraftFolder

    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / name).write_bytes(b"here")
    plain_name = normalize("NFC", name).replace("\u200c", "").replace("\u202f", " ").replace("%20", " ")
    for spelled in (name, normalize("NFD", name), plain_name, f"/Users/x/Movies/{plain_name}"):
        found = DraftFolder(tmp_path).find(spelled)
        assert found is not None, spelled
        assert found.read_bytes() == b"here"
    (tmp_path / "assets" / plain_name).write_bytes(b"exactly")
    exact = DraftFolder(tmp_path).find(plain_name)
    assert exact is not None
    assert exact.read_bytes() == b"exactly"


def test_what_is_streamed_is_a_zip(tmp_path: Path) -> None:
    from draftcast.cli.local_drafts import LocalSource
    from draftcast.cli.upload import entries
    from draftcast_client.archive import zipped

    folder = draft_of(tmp_path / "d")
    (tmp_path / "whole.zip").write_bytes(
        b"".join(zipped(entries(LocalSource(folder, {"C:\\a\\..\\b.png": folder / DRAFT}))))
    )
    with zipfile.ZipFile(tmp_path / "whole.zip") as made:
        assert made.testzip() is None
        assert made.namelist() == [DRAFT, "brought/a/b.png"]
