from collections.abc import Callable
from urllib.parse import quote

import pytest

from services.drafts.locate import beside, draft_file, listing_of, locate
from services.http.redaction import redact_url
from services.http.urls import clean_url

DRAFT_ID = "20261122233755fcd67a2d"
DRAFT_URL = f"http://drafts.example/get_draft?draft_id={DRAFT_ID}"
BASE = f"http://files.example/output/draft/{DRAFT_ID}"
LISTING = listing_of(
    DRAFT_URL, [f"{BASE}/draft_info.json", f"{BASE}/draft_content.json", f"{BASE}/assets/videos/片段 1.mp4"]
)
VIDEO = f"{BASE}/assets/videos/片段 1.mp4"


@pytest.mark.parametrize(
    "path",
    [
        f"/app/output/draft/{DRAFT_ID}/assets/videos/片段 1.mp4",
        f"/somewhere/else/{DRAFT_ID}/assets/videos/片段 1.mp4",
        "##_draftpath_placeholder_0E685133-18CE-45ED-8CB8-2904A212EC80_##/assets/videos/片段 1.mp4",
        "assets/videos/片段 1.mp4",
        "./assets/videos/片段 1.mp4",
        "assets/videos/%E7%89%87%E6%AE%B5%201.mp4",
        "/app/output/draft/202501010000000000000000/assets/videos/片段 1.mp4",
        "C:\\Users\\me\\Videos\\片段 1.mp4",
        "/Users/me/Movies/片段 1.mp4",
    ],
)
def test_every_form_of_path_finds_its_file(path: str) -> None:
    assert locate(path, LISTING) == VIDEO


@pytest.mark.parametrize("url", ["https://elsewhere.example/片段 1.mp4", "HTTP://elsewhere.example/x.mp4?y=1"])
def test_a_url_is_taken_as_it_is(url: str) -> None:
    assert locate(url, LISTING) == url


@pytest.mark.parametrize(
    "path", ["", "/", ".", "..", "/etc/passwd", "D:\\Cache\\effect\\none.mp4", "assets/videos/", "file:///etc/passwd"]
)
def test_a_path_that_is_not_of_the_draft_is_not_found(path: str) -> None:
    assert locate(path, LISTING) is None


def test_the_draft_is_draft_content_json_when_both_are_there() -> None:
    found = draft_file(LISTING)
    assert found is not None
    assert found.path == "draft_content.json"


def test_bare_names_are_relative_to_the_draft_url() -> None:
    listing = listing_of(f"http://drafts.example/d/{DRAFT_ID}/i?draft_id={DRAFT_ID}", ["draft_info.json", "a/b.png"])
    assert [file.url for file in listing.files] == [
        f"http://drafts.example/d/{DRAFT_ID}/draft_info.json",
        f"http://drafts.example/d/{DRAFT_ID}/a/b.png",
    ]
    assert locate("a/b.png", listing) == f"http://drafts.example/d/{DRAFT_ID}/a/b.png"


def test_names_that_the_server_escapes_or_takes_apart_are_found() -> None:
    listing = listing_of(DRAFT_URL, [f"{BASE}/assets/%E7%89%87%E6%AE%B5.mp4", f"{BASE}/assets/cafe\u0301 #1.mp4"])
    assert locate("assets/片段.mp4", listing) == f"{BASE}/assets/%E7%89%87%E6%AE%B5.mp4"
    assert locate("assets/café #1.mp4", listing) == f"{BASE}/assets/cafe\u0301 %231.mp4"


@pytest.mark.parametrize("draft_url", [DRAFT_URL, "http://drafts.example/get_draft"])
def test_of_files_with_one_name_the_one_with_the_likest_path_is_taken(draft_url: str) -> None:
    files = [f"{BASE}/{path}" for path in ("a/x/1.mp4", "b/x/1.mp4", "c/b/x/1.mp4", "1.mp4")]
    listing = listing_of(draft_url, files)
    assert locate("b/x/1.mp4", listing) == files[1]
    assert locate("c/b/x/1.mp4", listing) == files[2]
    assert locate("D:\\media\\1.mp4", listing) == files[3]


def test_the_draft_nearest_to_the_root_is_taken() -> None:
    files = [f"{BASE}/subdraft/1/draft_content.json", f"{BASE}/Timelines/draft_info.json", f"{BASE}/a/b/c.json"]
    found = draft_file(listing_of(DRAFT_URL, files))
    assert found is not None
    assert found.path == "Timelines/draft_info.json"
    assert draft_file(listing_of(DRAFT_URL, files[2:])) is None


def test_what_is_no_url_is_passed_over() -> None:
    listing = listing_of(DRAFT_URL, ["http://[bad/x.mp4", "http://a℀b/x.mp4", f"{BASE}/", f"{BASE}/draft_info.json"])
    assert [file.path for file in listing.files] == ["draft_info.json"]


@pytest.mark.parametrize("path", ["a/片段 1.mp4", "./a/片段 1.mp4", "a\\片段 1.mp4", "a/%E7%89%87%E6%AE%B5 1.mp4"])
def test_a_relative_path_may_lie_beside_the_draft(path: str) -> None:
    first, *_ = beside(path, "http://h.example/d/draft_content.json?x=1")
    assert first == "http://h.example/d/a/%E7%89%87%E6%AE%B5%201.mp4"


@pytest.mark.parametrize("path", ["a/片段 1.mp4", "b.mp4", "a-b_c (1).png"])
def test_a_path_that_can_be_spelled_in_one_way_has_one_address(path: str) -> None:
    assert len(beside(path, "http://h.example/d/draft_content.json")) == 1


@pytest.mark.parametrize("escaped", ["%D6%D0%CE%C4.mp4", "%e4%b8%ad%e6%96%87.mp4"])
def test_escapes_of_gbk_and_of_utf_8_name_the_same_file(escaped: str) -> None:
    listing = listing_of(DRAFT_URL, [f"{BASE}/draft_info.json", f"{BASE}/assets/{escaped}"])
    assert locate("assets/中文.mp4", listing) == f"{BASE}/assets/{escaped}"
    listing = listing_of(DRAFT_URL, [f"{BASE}/draft_info.json", f"{BASE}/assets/中文.mp4"])
    assert locate(f"assets/{escaped}", listing) == f"{BASE}/assets/中文.mp4"


@pytest.mark.parametrize("path", ["", "/a/b.mp4", "\\\\share\\b.mp4", "C:/b.mp4", "d:b.mp4", "https://x.example/b.mp4"])
def test_other_paths_do_not_lie_beside_the_draft(path: str) -> None:
    assert beside(path, "http://h.example/d/draft_content.json") == ()


def test_invisible_characters_are_taken_out_of_urls() -> None:
    assert clean_url("\ufeff http://h.example\u200b/片\u2060段.mp4\u200d\n") == "http://h.example/片段.mp4"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@h.example:8/a@b.mp4?token=secret#secret", "http://h.example:8/a@b.mp4"),
        ("http://h.example?secret", "http://h.example"),
        ("http://[bad?secret", "http://[bad"),
        ("http://h.example/" + "a" * 1000, "http://h.example/" + "a" * 483),
    ],
)
def test_urls_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "name", ["👨\u200d👩\u200d👧.png", "می\u200cخواهم.mp4", "at 9.41\u202fAM.png", "%03d.png", "100%25.png"]
)
@pytest.mark.parametrize("spell", [str, quote], ids=["raw", "escaped"])
def test_odd_names_are_found_as_they_are_and_without_what_is_invisible(name: str, spell: Callable[[str], str]) -> None:
    listing = listing_of(DRAFT_URL, [f"{BASE}/assets/other.png", f"{BASE}/assets/{spell(name)}"])
    plain = name.replace("\u200d", "").replace("\u200c", "").replace("\u202f", " ")
    for wanted in (name, plain, f"C:\\x\\{plain}"):
        assert locate(wanted, listing) == listing.files[1].url
    if spell is quote:
        assert listing.files[1].url == f"{BASE}/assets/{quote(name)}"


def test_of_names_that_look_alike_the_one_that_is_spelled_so_is_taken() -> None:
    names = ["a b.png", "a%20b.png", "a\u00a0b.png", "a\u200db.png", "ab.png"]
    listing = listing_of(DRAFT_URL, [f"{BASE}/{quote(name)}" for name in names])
    assert [locate(name, listing) for name in names] == [f"{BASE}/{quote(name)}" for name in names]
