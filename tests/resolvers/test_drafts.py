"""Drafts that callers bring."""

import io
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from services.drafts.sample import SAMPLE_DIR, sample_files
from tests.support.server import Answer, Server, serving

ZIP = {"content-type": "application/zip"}


def packed(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """A zip of files by their paths, and of links by what they lead to."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for path, content in files.items():
            made.writestr(path, content)
        for path, leads_to in (links or {}).items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o120777 << 16
            made.writestr(entry, leads_to)
    return target.getvalue()


def bring(server: Server, content: bytes, name: str = "") -> Answer:
    return server.request("POST", f"/drafts?name={name}" if name else "/drafts", content, ZIP)


def listed(server: Server, draft_url: str) -> dict[str, Answer]:
    """The files of a draft, each as its server gives it, by their paths."""
    draft_id = parse_qs(urlsplit(draft_url).query)["draft_id"][0]
    before = f"{server.url}/drafts/output/draft/{draft_id}/"
    return {url.removeprefix(before): server.get(url) for url in server.get(draft_url).json["files"]}


def test_a_zip_of_a_draft_is_served_as_capcut_mate_serves_drafts(server: Server) -> None:
    files = {f"my draft/{name}": (SAMPLE_DIR / name).read_bytes() for name in sample_files()}
    answer = bring(server, packed(files), "my%20draft")
    assert (answer.status, list(answer.json)) == (201, ["draft_url", "expires_at"])
    draft_url: str = answer.json["draft_url"]
    assert parse_qs(urlsplit(draft_url).query)["name"] == ["my draft"]
    assert server.get(draft_url).json["code"] == 0
    found = listed(server, draft_url)
    assert {name: each.body for name, each in found.items()} == {
        name: (SAMPLE_DIR / name).read_bytes() for name in sample_files()
    }
    assert {each.headers["content-disposition"] for each in found.values()} == {"attachment"}


def test_names_that_windows_writes_in_gbk_are_read(server: Server) -> None:
    gbk = "素材".encode("gbk")
    plain = packed({"draft_content.json": b"{}", "assets/@@@@.png": b"x"}).replace(b"@@@@", gbk)
    found = listed(server, bring(server, plain).json["draft_url"])
    assert "assets/%E7%B4%A0%E6%9D%90.png" in found


@pytest.mark.parametrize("path", ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt", "C:\\out.txt"])
def test_a_path_that_leads_out_of_the_zip_is_refused(server: Server, path: str) -> None:
    answer = bring(server, packed({"draft_content.json": b"{}", path: b"x"}))
    assert (answer.status, answer.json["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert not list(server.folder.rglob("out.txt"))


def test_links_and_litter_are_left_out(server: Server) -> None:
    files = {"draft_content.json": b"{}", "__MACOSX/x": b"", "a/.DS_Store": b""}
    answer = bring(server, packed(files, {"passwords": "/etc/passwd"}))
    assert list(listed(server, answer.json["draft_url"])) == ["draft_content.json"]


def test_what_is_no_zip_or_holds_no_draft_is_refused(server: Server) -> None:
    for content, told in ((b"no zip", "cannot be read"), (packed({"a.txt": b""}), "no draft_content.json")):
        answer = server.request("POST", "/drafts", content, {**ZIP, "accept-language": "en"})
        assert (answer.status, told in answer.json["error"]["details"]) == (400, True)
    assert server.request("POST", "/drafts", b"", {"content-type": "text/plain"}).status == 415


def test_refusals_are_in_english_unless_the_caller_prefers_chinese(server: Server) -> None:
    for language, said in (("", "cannot be read"), ("fr", "cannot be read"), ("zh-CN,en;q=0.5", "无法读取")):
        headers = {**ZIP, "accept-language": language} if language else ZIP
        answer = server.request("POST", "/drafts", b"no zip", headers)
        assert said in answer.json["error"]["details"], language


@pytest.mark.slow
def test_what_is_larger_than_the_limits_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with serving(tmp_path, max_task_bytes="50000", max_material_bytes="20000") as server:
        bomb = packed({"draft_content.json": b"{}", **{f"{n}.bin": bytes(15_000) for n in range(9)}})
        assert len(bomb) < 5000
        single = packed({"draft_content.json": b"{}", "a.bin": bytes(20_001)})
        for content in (bomb, single, bytes(60_000)):
            assert bring(server, content).status == 413
        assert list((tmp_path / "data" / "drafts").iterdir()) == []
        assert bring(server, packed({"draft_content.json": b"{}", "a.bin": bytes(20_000)})).status == 201


def test_an_unknown_draft_is_refused_as_capcut_mate_does(server: Server) -> None:
    for draft_id in ("0" * 32, "..", "", "../files"):
        assert server.get(f"/drafts/get_draft?draft_id={draft_id}").json["code"] == 2001
    assert server.get(f"/drafts/output/draft/{'0' * 32}/draft_content.json").status == 404
