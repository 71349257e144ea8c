"""Makes docs/watching.webp, a film of the page during a render of the sample: `make moving-picture`."""

import json
import tempfile
from pathlib import Path

from PIL import Image

from bench.screenshot import film_page
from tests.support.server import ROOT

DRAFTS = {"早晨的城市": (720, 1280), "A postcard from the sea": (1280, 720)}
"""The finished videos: names, and canvases in pixels."""
FRAME_MS = 125
LAST_MS = 1500
"""The duration of the last frame before the film repeats."""
QUALITY = 82
MOST_BYTES = 1_500_000


def main() -> None:
    """Film the page and write the picture."""
    target = ROOT / "docs" / "watching.webp"
    with tempfile.TemporaryDirectory() as folder:
        film_page(Path("tests/web/watching.mjs"), DRAFTS, Path(folder))
        frames = Path(folder) / "frames"
        times: list[float] = json.loads((frames / "times.json").read_text(encoding="utf-8"))
        chosen = spread(times, FRAME_MS / 1000)
        pictures = [Image.open(frames / f"{number:05}.png").convert("RGB") for number, _ in chosen]
        durations = [count * FRAME_MS for _, count in chosen[:-1]] + [LAST_MS]
        first, *others = pictures
        first.save(
            target, save_all=True, append_images=others, duration=durations, loop=0, quality=QUALITY, method=6,
            minimize_size=True,
        )  # fmt: skip
    size = target.stat().st_size
    print(f"{target.relative_to(ROOT)}: {len(pictures)} frames, {sum(durations) / 1000:.1f} s, {size / 1e6:.2f} MB")
    if size > MOST_BYTES:
        raise SystemExit(f"The film exceeds {MOST_BYTES / 1e6} MB.")


def spread(times: list[float], step: float) -> list[tuple[int, int]]:
    """The frames at a constant rate: number of the frame, and count of steps that it is shown; times in seconds."""
    chosen: list[tuple[int, int]] = []
    at, number = times[0], 0
    while at <= times[-1]:
        while number + 1 < len(times) and times[number + 1] <= at:
            number += 1
        if chosen and chosen[-1][0] == number:
            chosen[-1] = (number, chosen[-1][1] + 1)
        else:
            chosen.append((number, 1))
        at += step
    return chosen


if __name__ == "__main__":
    main()
