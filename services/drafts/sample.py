"""The built-in sample draft."""

from pathlib import Path

SAMPLE_DRAFT_ID = "20261101120000c0ffee01"
SAMPLE_DIR = Path(__file__).parent / "sample"
GET_DRAFT, FILES = "/sample/get_draft", "/sample/output/draft/"
"""The paths of its listing and of its files on the server."""


def sample_files() -> tuple[str, ...]:
    """The sorted paths of the sample's files, relative to its folder, with `/`."""
    return tuple(sorted(path.relative_to(SAMPLE_DIR).as_posix() for path in SAMPLE_DIR.rglob("*") if path.is_file()))


def draft_url(base_url: str) -> str:
    """The sample's draft URL on a server."""
    return f"{base_url}{GET_DRAFT}?draft_id={SAMPLE_DRAFT_ID}"
