"""Prints the cost of rendering beside other programs that draw the same: `make bench-render`, shorter with QUICK=1.

The programs run in turns, and figures are medians. The machine should be idle otherwise.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median

from bench import by_hand, scenes
from bench.__main__ import estimate_error, first_event
from bench.measure import ROOT, Render, cpu_seconds, first_fragment_s, rendered
from services.output import Quality
from services.render.process.ffmpeg import find_ffmpeg
from tests.support.process import served
from tests.support.servers import DraftServer

PEERS = ROOT / ".bench" / "peers"
"""A separate environment for the compared programs, ignored by git."""
PEER_PACKAGES = ("moviepy==2.2.1", "skia-python==144.1", "av>=16", "numpy>=2")
SAME_PICTURE = 0.9
"""The SSIM from which on two videos show the same scene; outlines of letters and rounding differ."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    mixed_seconds: float
    cuts: int
    minutes: float
    events: int
    changed_minutes: float
    variants: int
    streamed_minutes: tuple[float, ...]


WHOLE = Size(
    rounds=3,
    mixed_seconds=10,
    cuts=20,
    minutes=5,
    events=5,
    changed_minutes=10,
    variants=4,
    streamed_minutes=(1 / 6, 1, 10),
)
QUICK = Size(
    rounds=1, mixed_seconds=3, cuts=8, minutes=0.5, events=1, changed_minutes=1, variants=1, streamed_minutes=(1 / 6, 1)
)


class Table:
    """Prints a line for each figure as soon as it is known."""

    def __init__(self) -> None:
        self.row("work", "figure", "target", "")

    def row(self, work: str, figure: str, target: str, met: str) -> None:
        """A line as it is."""
        print(f"{work:<66} {figure:>12} {target:>9}  {met}", flush=True)

    def most(self, work: str, figure: float, target: float, unit: str) -> None:
        """A figure that must not be larger than its target."""
        self.row(work, f"{figure:.2f} {unit}", f"<= {target:g}", "met" if figure <= target else "NOT MET")

    def least(self, work: str, figure: float, target: float, unit: str) -> None:
        """A figure that must not be smaller than its target."""
        self.row(work, f"{figure:.2f} {unit}", f">= {target:g}", "met" if figure >= target else "NOT MET")

    def note(self, text: str) -> None:
        """What figures are made of."""
        print(f"  {text}", flush=True)


class Bench:
    """Measures one thing after the other, in a folder that is emptied in between."""

    def __init__(self, size: Size, folder: Path, ffmpeg: str, table: Table, peers: Path | None) -> None:
        self._size = size
        self._folder = folder
        self._ffmpeg = ffmpeg
        self._table = table
        self._peers = peers

    def mixed(self) -> None:
        """The mixed scene by us, by hand, and by the peers."""
        scene = scenes.mixed(self._emptied("mixed"), self._ffmpeg, self._size.mixed_seconds)
        told = scene.folder / "scene.json"
        told.write_text(scenes.told(scene))
        renders: list[Render] = []
        ways: dict[str, Callable[[], float]] = {
            "ours": partial(self._kept, scene, renders),
            "by hand": partial(self._by_hand, scene),
        }
        if self._peers is not None:
            python = self._peers
            for name in ("moviepy", "skia"):
                program = ROOT / "bench" / "peers" / f"{name}_mixed.py"
                command = [python, program, told, scene.folder / f"{name}.mp4"]
                ways[name] = partial(cpu_seconds, command)
        used = self._in_turns(ways)
        self._note(used)
        parts = ", ".join(f"{step.lower()} {share:.0%}" for step, share in renders[-1].shares.items())
        self._table.note(f"of the picture's CPU: {parts}")
        alike = likeness(self._ffmpeg, renders[-1].output, scene.folder / "hand.mp4")
        self._table.least("mixed scene: likeness to ffmpeg by hand (SSIM)", alike, SAME_PICTURE, "")
        self._table.most("mixed scene: CPU, of ffmpeg by hand", used["ours"] / used["by hand"], 1.1, "x")
        for name, title, target in (("moviepy", "MoviePy 2", 4), ("skia", "PyAV + Skia", 1.7)):
            work = f"mixed scene: CPU of {title}, of ours"
            if name in used:
                self._table.least(work, used[name] / used["ours"], target, "x")
            else:
                self._table.row(work, "no packages", f">= {target}", "NOT MET")
        self._table.least("mixed scene: cores busy while exporting", _busy(renders), 90, "%")
        self._preview(renders)

    def qualities(self) -> None:
        """The mixed scene in each quality: its CPU, and its likeness to a file that is all but lossless."""
        scene = scenes.mixed(self._emptied("qualities"), self._ffmpeg, self._size.mixed_seconds)
        wanted = {quality.lower(): {"quality": quality} for quality in Quality} | {"ProRes": {"format": "PRORES_4444"}}
        made: dict[str, Render] = {}

        def measure(name: str) -> float:
            work = scene.folder / name
            shutil.rmtree(work, ignore_errors=True)
            made[name] = rendered(scene.folder, work, self._ffmpeg, options=wanted[name])
            return made[name].cpu_s

        used = self._in_turns({name: partial(measure, name) for name in wanted})
        self._note(used)
        self._table.least("mixed scene: CPU of STANDARD, of DRAFT", used["standard"] / used["draft"], 4, "x")
        for name, target in (("standard", 0.95), ("high", 0.98)):
            alike = likeness(self._ffmpeg, made[name].output, made["ProRes"].output)
            self._table.least(f"mixed scene: likeness of {name.upper()} to ProRes 4444 (SSIM)", alike, target, "")
            self._table.note(f"SSIM: {alike:.5f}")

    def _preview(self, renders: list[Render]) -> None:
        times = [each.preview_s for each in renders if each.preview_s is not None]
        self._table.most("mixed scene: first preview after exporting begins", median(times), 2, "s")

    def cuts(self) -> None:
        """Cuts that must be encoded again, and cuts that need not."""
        scene = scenes.cuts(self._emptied("cuts"), self._ffmpeg, count=self._size.cuts)
        renders: list[Render] = []
        used = self._in_turns({"ours": partial(self._kept, scene, renders), "concat": partial(self._plain, scene)})
        self._note(used)
        self._table.most("cuts only: CPU, of a plain concat", used["ours"] / used["concat"], 1.1, "x")
        self._table.least("cuts only: cores busy while exporting", _busy(renders), 90, "%")
        scene = scenes.cuts(self._emptied("copied"), self._ffmpeg, count=self._size.cuts, on_keyframes=True)
        used = self._in_turns({"ours": partial(self._kept, scene, []), "concat": partial(self._plain, scene)})
        self._note(used)
        self._table.most("cuts on keyframes: CPU, of a plain concat", used["ours"] / used["concat"], 0.1, "x")

    def long(self) -> None:
        """Five minutes, and a fifth of them."""
        media = self._emptied("media")
        scenes.long_media(media, self._ffmpeg, minutes=self._size.minutes)
        made = {
            name: scenes.long(self._emptied(name), media, minutes=minutes)
            for name, minutes in (("whole", self._size.minutes), ("fifth", self._size.minutes / 5))
        }
        renders: dict[str, list[Render]] = {name: [] for name in made}
        used = self._in_turns({name: partial(self._kept, made[name], renders[name]) for name in made}, rounds=1)
        self._note(used)
        whole, fifth = renders["whole"][0], renders["fifth"][0]
        cuts, seconds = round(made["whole"].seconds / 2), round(made["whole"].seconds)
        title = f"{cuts} cuts, {seconds} s"
        self._table.most(f"{title}: memory of all processes", whole.peak_mb, 700, "MB")
        self._table.most(f"{title}: exporting, of 5 x a fifth of it", whole.export_s / fifth.export_s / 5, 1.1, "x")
        self._table.least(f"{title}: cores busy while exporting", _busy([whole]), 90, "%")

    def variants(self) -> None:
        """Drafts with one changed caption, with the finished chunks of the renders before."""
        media = self._emptied("variant media")
        scenes.long_media(media, self._ffmpeg, minutes=self._size.changed_minutes)
        long = self._variant_cpu(media, self._size.changed_minutes, 2)
        work = f"one changed caption of {self._size.changed_minutes:g} minutes: CPU, of the first render"
        self._table.most(work, 100 * long[1] / long[0], 10, "%")
        short = self._variant_cpu(media, self._size.minutes / 5, 1 + self._size.variants)
        share = (short[0] + 99 * mean(short[1:])) / (100 * short[0])
        self._table.most(f"100 variants of {self._size.minutes / 5:g} min: CPU, of 100 renders", 100 * share, 50, "%")

    def stream(self) -> None:
        """The time until the first second can be watched, of upright videos of three lengths."""
        media = self._emptied("stream media")
        scenes.long_media(media, self._ffmpeg, minutes=max(self._size.streamed_minutes))
        for minutes in self._size.streamed_minutes:
            scene = scenes.long(self._emptied(f"streamed {minutes:g}"), media, minutes=minutes)
            waits = [
                first_fragment_s(scene.folder, scene.folder / f"task{number}", self._ffmpeg)
                for number in range(self._size.rounds)
            ]
            self._table.most(f"first second of {60 * minutes:g} s, after exporting begins", median(waits), 2, "s")

    def _variant_cpu(self, media: Path, minutes: float, count: int) -> list[float]:
        """CPU seconds of a draft's render, and of others with one other caption in its middle."""
        scene = scenes.long(self._emptied(f"variants of {minutes:g}"), media, minutes=minutes)
        draft = scene.folder / "draft_content.json"
        content = draft.read_text(encoding="utf-8")
        changed = json.dumps(f"第 {round(15 * minutes)} 句字幕")[1:-1].replace("\\", "\\\\")
        assert changed in content
        used: list[float] = []
        for number in range(count):
            draft.write_text(content.replace(changed, f"Variant {number}"), encoding="utf-8")
            work = scene.folder / f"task{number}"
            used.append(rendered(scene.folder, work, self._ffmpeg, keep_dir=str(scene.folder / "kept")).cpu_s)
        self._note({f"variant {number}": seconds for number, seconds in enumerate(used)})
        return used

    def events(self) -> None:
        """The time until the first preview, and the error of the estimated end."""
        scene = scenes.cuts(self._emptied("estimated"), self._ffmpeg, count=self._size.cuts)
        with DraftServer() as drafts, served(self._emptied("served"), ALLOW_HOSTS=drafts.host) as running:
            server = running.start()
            waited = median(first_event(server) for _ in range(self._size.events))
            files: dict[str, bytes | Path] = {path.name: path for path in scene.folder.glob("*.mp4")}
            url = drafts.add_draft("cuts", (scene.folder / "draft_content.json").read_bytes(), files)
            off = estimate_error(server, url)
        self._table.most("submit to first progress event", waited, 0.3, "s")
        self._table.most("estimated completion, worst from the middle on, off by", 100 * off, 20, "%")

    def _kept(self, scene: scenes.Scene, renders: list[Render]) -> float:
        work = scene.folder / "task"
        shutil.rmtree(work, ignore_errors=True)
        renders.append(rendered(scene.folder, work, self._ffmpeg))
        return renders[-1].cpu_s

    def _by_hand(self, scene: scenes.Mixed) -> float:
        return cpu_seconds(by_hand.mixed_command(scene, self._ffmpeg, scene.folder / "hand.mp4"))

    def _plain(self, scene: scenes.Cuts) -> float:
        return cpu_seconds(by_hand.cuts_command(scene, self._ffmpeg, scene.folder / "plain.mp4"))

    def _in_turns(self, ways: Mapping[str, Callable[[], float]], rounds: int | None = None) -> dict[str, float]:
        """CPU seconds of each program: the medians of rounds in which each runs once."""
        figures: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds or self._size.rounds):
            for name, way in ways.items():
                figures[name].append(way())
        return {name: median(each) for name, each in figures.items()}

    def _note(self, used: Mapping[str, float]) -> None:
        self._table.note("CPU seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in used.items()))

    def _emptied(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


def _busy(renders: list[Render]) -> float:
    return 100 * median(each.busy for each in renders)


def likeness(ffmpeg: str, one: Path, other: Path) -> float:
    """The SSIM of two videos, 0..1."""
    videos = ("-i", str(one), "-i", str(other))
    command = [ffmpeg, "-hide_banner", "-nostdin", *videos, "-lavfi", "ssim", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return float(said.rpartition("All:")[2].split()[0])


def peers(uv: str) -> Path | None:
    """The Python that has the peers' packages, installed at first use; None when that fails."""
    python = PEERS / "bin" / "python"
    if python.exists():
        return python
    try:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, PEERS], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PEER_PACKAGES], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(PEERS, ignore_errors=True)
        print(f"MoviePy and Skia are left out: they could not be installed ({error}).", file=sys.stderr)
        return None
    return python


def main() -> None:
    """Measure and print."""
    names = ("mixed", "qualities", "cuts", "long", "variants", "stream", "events")
    parser = argparse.ArgumentParser(prog="python -m bench.render", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of everything")
    parser.add_argument("--ffmpeg", default="", help="the ffmpeg to use")
    parser.add_argument("--without-peers", action="store_true", help="leave MoviePy and Skia out")
    parser.add_argument("only", nargs="*", metavar="WORK", help=f"some of {', '.join(names)}")
    asked = parser.parse_args()
    if not set(asked.only) <= set(names):
        parser.error(f"works are {', '.join(names)}")
    ffmpeg = find_ffmpeg(asked.ffmpeg)
    python = None if asked.without_peers else peers(os.environ.get("UV", "uv"))
    print(f"ffmpeg {ffmpeg.version}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(QUICK if asked.quick else WHOLE, Path(folder), ffmpeg.path, Table(), python)
        for name in asked.only or names:
            getattr(bench, name)()


if __name__ == "__main__":
    main()
