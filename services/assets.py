"""Where set-up puts what git does not hold."""

from pathlib import Path

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
"""The CJK font and GraphiQL's files."""
