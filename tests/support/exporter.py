"""An exporter for tests, which writes all its lines at once and copies an existing video.

`python exporter.py VIDEO THUMBNAIL [GATE]`. The draft URL's query selects its behaviour by `act`: `render` (the
default), `fail`, `break` (fails in a way that may be retried), `hold` (waits in the middle until it is stopped),
`gated` (waits for a line from the named pipe GATE before each stage), `paced` (takes about a second, with progress),
`hostile` (its warnings and error contain markup), `deaf` (accepts no output and no replacements), `draw` (runs the
built-in renderer), or `stream` (gated, with a stream whose last fragment comes after EXPORTING; the query's `fragment`
replaces the path of the second), or `watch` (draws, but waits for the GATE after the stream's first fragment).
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn, TextIO
from urllib.parse import parse_qs, urlsplit

STAGES = ("PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE")
FRAMES = 25
STREAMED = 10
"""Frames of the first fragments of a stream."""
MARKUP = """"><img src=x onerror=alert(1)><script>alert(2)</script>"""


def say(line: dict[str, Any]) -> None:
    """One line of the protocol."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Export once."""
    video, thumbnail, *rest = sys.argv[1:]
    request: dict[str, Any] = json.load(sys.stdin)
    draft_url: str = request["draft_url"]
    act = parse_qs(urlsplit(draft_url).query).get("act", ["render"])[0]
    if act == "draw":
        become_the_renderer(request)
    if act == "hostile":
        return attack()
    if act == "watch":
        return draw_and_wait(request, os.fdopen(os.open(rest[0], os.O_RDWR), closefd=False))
    accept(act)
    gate = os.fdopen(os.open(rest[0], os.O_RDWR), closefd=False) if act in ("gated", "stream") else None
    for stage in STAGES:
        go_through(gate)
        say({"stage": stage, "done": 0, "total": FRAMES, "unit": "FRAMES" if stage == "EXPORTING" else "ITEMS"})
        if stage == "PARSING_DRAFT" and act == "fail":
            say({"error": {"code": "DRAFT_EMPTY", "message": {"en": "The draft is empty.", "zh": "草稿为空。"}}})
            return 1
        if stage == "PREPARING" and act == "break":
            say({"error": {"code": "RENDER_FAILED", "message": {"en": "It broke.", "zh": "出错了。"}}})
            return 1
        if stage == "EXPORTING":
            export(Path(request["folder"]), thumbnail, act)
            if act == "stream":
                begin_stream(Path(request["folder"]), parse_qs(urlsplit(draft_url).query).get("fragment", ["1.m4s"])[0])
    go_through(gate)
    if act == "stream":
        stream_fragment(Path(request["folder"]), 2, "2.m4s", FRAMES - 2 * STREAMED)
    shutil.copy(thumbnail if request["output"].endswith(".jpg") else video, request["output"])
    result = {"output": request["output"], "width": 64, "height": 36, "duration_us": 1_000_000, "frames": FRAMES}
    say({"result": {**result, "thumbnail": thumbnail_in(request, thumbnail), "frame_rate": 25.0, "has_sound": True}})
    return 0


def accept(act: str) -> None:
    """Obey every request, unless deaf."""
    if act != "deaf":
        say({"accepts": ["options", "replace"]})


def export(folder: Path, thumbnail: str, act: str) -> None:
    """The middle of the export: a preview and a warning."""
    shutil.copy(thumbnail, folder / "preview.jpg")
    say({"preview": str(folder / "preview.jpg")})
    text, place = (
        {"en": "Another font.", "zh": "字体已替换。"},
        {"start_us": 400_000, "end_us": 900_000, "track": "text 2"},
    )
    say({"warning": {"code": "FONT_SUBSTITUTED", "message": text, **place}})
    say({"stage": "EXPORTING", "done": FRAMES // 2, "total": FRAMES, "unit": "FRAMES"})
    if act == "hold":
        signal.pause()
    for done in range(FRAMES if act == "paced" else 0):
        say({"stage": "EXPORTING", "done": done, "total": FRAMES, "unit": "FRAMES"})
        time.sleep(random.uniform(0, 0.08))


def begin_stream(folder: Path, second: str) -> None:
    """The beginning of a stream, and its first two fragments; `second` is the path of the second one."""
    (folder / "init.mp4").write_bytes(b"the beginning")
    say({"stream": {"path": str(folder / "init.mp4"), "rate": [FRAMES, 1], "frames": FRAMES}})
    stream_fragment(folder, 0, "0.m4s", STREAMED)
    stream_fragment(folder, 1, second, STREAMED)


def stream_fragment(folder: Path, number: int, name: str, frames: int) -> None:
    """A fragment whose content is its number."""
    if not (folder / name).exists():
        (folder / name).write_text(str(number))
    say({"fragment": {"number": number, "path": name, "frames": frames}})


def attack() -> int:
    """Write markup wherever the protocol allows a text."""
    text = {"en": MARKUP, "zh": MARKUP}
    where = {"segment_id": MARKUP, "material_name": f"{MARKUP}.mp4", "effect_id": MARKUP}
    say({"stage": "PREPARING", "done": 0, "total": 1, "unit": "ITEMS"})
    say({"warning": {"code": "MATERIAL_MISSING", "message": text, **where}})
    where = {"material_url": "javascript:alert(3)", "segment_id": MARKUP}
    say({"error": {"code": "MATERIAL_UNREACHABLE", "message": text, **where}})
    return 1


def become_the_renderer(request: dict[str, Any]) -> NoReturn:
    """Replace the process by the built-in renderer, with the same request."""
    with tempfile.TemporaryFile() as again:
        again.write(json.dumps(request).encode())
        again.seek(0)
        os.dup2(again.fileno(), 0)
    os.execv(sys.executable, (sys.executable, "-P", "-m", "services.render"))


def draw_and_wait(request: dict[str, Any], gate: TextIO) -> int:
    """Run the built-in renderer, and pass its lines on; after the first fragment they wait."""
    command = (sys.executable, "-P", "-m", "services.render")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        json.dump(request, process.stdin)
        process.stdin.close()
        waits = True
        for line in process.stdout:
            say(json.loads(line))
            if waits and "fragment" in line:
                go_through(gate)
                waits = False
    return process.returncode


def thumbnail_in(request: dict[str, Any], thumbnail: str) -> str:
    """The thumbnail, in the attempt's folder."""
    return str(shutil.copy(thumbnail, Path(request["folder"]) / "thumbnail.jpg"))


def go_through(gate: TextIO | None) -> None:
    """Wait until the test opens the gate once."""
    if gate is not None:
        gate.readline()


if __name__ == "__main__":
    sys.exit(main())
