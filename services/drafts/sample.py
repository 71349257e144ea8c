"""The built-in sample: one small draft of our own, with its media."""

from pathlib import Path

SAMPLE_DRAFT_ID = "20261101120000c0ffee01"
SAMPLE_DIR = Path(__file__).parent / "sample"


def sample_files() -> tuple[str, ...]:
    """The files of the sample draft: paths relative to its folder, with forward slashes, sorted."""
    return tuple(sorted(path.relative_to(SAMPLE_DIR).as_posix() for path in SAMPLE_DIR.rglob("*") if path.is_file()))
