import pytest

from services.drafts.locate import draft_file, listing_of, locate

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
        "C:\\Users\\me\\Videos\\片段 1.mp4",
        "/Users/me/Movies/片段 1.mp4",
    ],
)
def test_every_form_of_path_finds_its_file(path: str) -> None:
    assert locate(path, LISTING) == VIDEO


def test_a_url_is_taken_as_it_is() -> None:
    assert locate("https://elsewhere.example/x.mp4", LISTING) == "https://elsewhere.example/x.mp4"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "D:\\Cache\\effect\\none.mp4"])
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
