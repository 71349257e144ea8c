"""Writes docs/performance.md and its Chinese page anew: `make performance`, shorter with QUICK=1.

Each figure is a ratio of two programs that ran in turns, of the medians or of the least of rounds, so that it stays the
same on another machine. The machine should be idle otherwise.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from bench import by_hand, scenes
from bench.guard import query_costs_us
from bench.measure import ROOT, Render, cores, cpu_seconds, held_bytes, rendered
from services.drafts.sample import SAMPLE_DIR
from services.errors import Bilingual
from services.render.process.ffmpeg import Ffmpeg, find_ffmpeg
from tests.support.drafts import DraftBuilder
from tests.support.process import served

S = scenes.S
LENGTH = 5 * S
PHOTOS = 30
PAGES = ("docs/performance.md", "docs/performance.zh.md")
_NOT_LISTED = Bilingual("nothing known", "未知")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure, its upper bound, and what limits it where it is missed."""

    name: Bilingual
    value: float
    target: float
    unit: str
    limit: Bilingual = _NOT_LISTED

    @property
    def met(self) -> bool:
        """Whether the figure is within its bound."""
        return self.value <= self.target


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a draft of five seconds, whose cost is compared with that of the clip alone."""

    name: Bilingual
    target: float
    limit: Bilingual
    draw: Callable[[DraftBuilder], DraftBuilder]


def _typed(draft: DraftBuilder) -> DraftBuilder:
    animation = draft.material(
        "material_animations",
        animations=[{"type": "in", "name": "打字机 I", "duration": LENGTH, "id": "1", "resource_id": "1"}],
    )
    draft.text("字幕" * 30, 0, LENGTH, size=6, render_index=15_000)
    draft.last["extra_material_refs"].append(animation)
    return draft


def _turning(draft: DraftBuilder) -> DraftBuilder:
    draft.last["common_keyframes"] = [
        {
            "property_type": "KFTypeRotation",
            "keyframe_list": [
                {"time_offset": offset, "values": [degrees], "curveType": "Line"}
                for offset, degrees in ((0, 0.0), (LENGTH, 90.0))
            ],
        }
    ]
    return draft


def _turned(draft: DraftBuilder) -> DraftBuilder:
    draft.last["clip"]["rotation"] = 5.0
    return draft


def _keyed(draft: DraftBuilder) -> DraftBuilder:
    return draft.using("chromas", color="#00FF00", intensity_value=0.5, shadow_value=0.0)


def _grainy(draft: DraftBuilder) -> DraftBuilder:
    effect = draft.material("video_effects", type="video_effect", name="噪点", effect_id="5000", resource_id="5000")
    return draft.segment("effect", "effect", effect, 0, LENGTH)


def _compound(draft: DraftBuilder) -> DraftBuilder:
    outer = DraftBuilder(1080, 1920, 30).video("", 0, LENGTH)
    return outer.using("drafts", type="combination", draft=draft.content())


_LAYERS = Bilingual("a layer with alpha, blended in each frame", "每一帧都要混合一个带透明度的图层")
_SAMPLED = Bilingual("`perspective` samples each pixel", "`perspective` 逐像素重采样")
FEATURES = (
    Feature(Bilingual("a caption of 60 letters, typed", "60 字的打字机字幕"), 1.5, _LAYERS, _typed),
    Feature(Bilingual("a chroma key", "色度抠图"), 1.7, Bilingual("alpha of each frame", "逐帧计算透明度"), _keyed),
    Feature(Bilingual("a still turn by 5 degrees", "静止旋转 5 度"), 1.5, _SAMPLED, _turned),
    Feature(Bilingual("a clip that turns", "持续旋转的片段"), 1.5, _SAMPLED, _turning),
    Feature(Bilingual("the clip in a compound", "复合片段中的片段"), 1.2, _NOT_LISTED, _compound),
    Feature(
        Bilingual("the clip in two compounds", "两层复合片段中的片段"),
        1.4,
        _NOT_LISTED,
        lambda draft: _compound(_compound(draft)),
    ),
    Feature(
        Bilingual("grain", "噪点"), 1.5, Bilingual("noise costs the encoder, too", "噪点也增加编码的开销"), _grainy
    ),
)


class Performance:
    """Measures one figure after the other, in a temporary folder."""

    def __init__(self, folder: Path, ffmpeg: Ffmpeg, *, quick: bool) -> None:
        self._folder = folder
        self._ffmpeg = ffmpeg.path
        self._rounds = 1 if quick else 3
        self._captions = 200 if quick else 1000

    def figures(self) -> list[Figure]:
        """All figures; each is printed when it is known."""
        return [
            *self._starts(),
            *self._fixed(),
            *self._features(),
            self._report(),
            self._photos(),
            self._at_rest(),
            self._keys(),
        ]

    def _starts(self) -> list[Figure]:
        imports = self._least(lambda: _started("import services.render.program"))
        bare = self._least(lambda: _started("pass"))
        version = self._least(lambda: cpu_seconds([sys.executable, "-m", "tests.support.draftcast", "--version"]))
        return [
            self._known(
                Bilingual("imports of a renderer", "渲染进程的导入"),
                imports - bare,
                0.25,
                "CPU s",
                Bilingual("dataclasses take a third, PyAV a sixth", "dataclass 占三分之一，PyAV 占六分之一"),
            ),
            self._known(Bilingual("`draftcast --version`", "`draftcast --version`"), version - bare, 0.1, "CPU s"),
        ]

    def _fixed(self) -> list[Figure]:
        scene = scenes.cuts(self._emptied("one"), self._ffmpeg, count=1, clip_seconds=1.0)
        plain = scene.folder / "plain.mp4"
        ours = self._least(partial(self._rendered, scene.folder))
        first = self._least(lambda: self._render(scene.folder).first_line_s)
        hand = self._least(lambda: cpu_seconds(by_hand.cuts_command(scene, self._ffmpeg, plain)))
        sample = self._least(partial(self._clock, partial(self._rendered, SAMPLE_DIR)))
        video = self._folder / "task" / "1" / "video.mp4"
        again: list[str | Path] = [
            self._ffmpeg,
            *scenes.QUIET,
            "-i",
            video,
            *scenes.X264,
            *scenes.AAC,
            self._folder / "again.mp4",
        ]
        coded = self._least(partial(self._clock, lambda: cpu_seconds(again)))
        return [
            self._known(Bilingual("a render's first progress event", "渲染的第一个进度事件"), first, 0.3, "s"),
            self._known(
                Bilingual("a draft of a second, beyond its transcode", "一秒草稿比单纯转码多用"),
                ours - hand,
                1,
                "CPU s",
            ),
            self._known(
                Bilingual("the sample, of its transcode's time", "示例草稿相对其转码的用时"),
                sample / coded,
                2,
                "x",
                Bilingual("the start of two processes, and captions", "两个进程的启动，以及字幕的绘制"),
            ),
        ]

    def _features(self) -> list[Figure]:
        media = self._emptied("media")
        scenes.moving_picture(media / "clip.mp4", self._ffmpeg, "1080x1920", 5)
        plain = self._least(partial(self._encoded, media, lambda draft: draft))
        return [
            self._known(
                Bilingual(f"{each.name.en}, of the clip alone", f"{each.name.zh}（相对单独片段）"),
                self._least(partial(self._encoded, media, each.draw)) / plain,
                each.target,
                "x",
                each.limit,
            )
            for each in FEATURES
        ]

    def _encoded(self, media: Path, draw: Callable[[DraftBuilder], DraftBuilder]) -> float:
        """CPU seconds of five seconds of a clip with a feature, all frames encoded."""
        draft = draw(DraftBuilder(1080, 1920, 30).video("clip.mp4", 0, LENGTH))
        (media / "draft_content.json").write_bytes(draft.bytes())
        return self._rendered(media, copy_video=False)

    def _report(self) -> Figure:
        many = self._least(partial(self._reported, self._captions))
        few = self._least(partial(self._reported, 10))
        return self._known(
            Bilingual(
                f"a report with {self._captions} captions, of one with ten",
                f"{self._captions} 条字幕的检查（相对十条）",
            ),
            many / few,
            3,
            "x",
            Bilingual("every caption is drawn, to know its letters", "为确认字形，每条字幕都会绘制"),
        )

    def _reported(self, captions: int) -> float:
        folder = self._folder / f"captions-{captions}"
        folder.mkdir(exist_ok=True)
        draft = DraftBuilder(1080, 1920, 30)
        for number in range(captions):
            draft.text(f"第 {number} 句字幕", number * S // 10, S // 10)
        (folder / "draft_content.json").write_bytes(draft.bytes())
        return cpu_seconds([sys.executable, "-m", "tests.support.draftcast", "report", folder, "--json"])

    def _photos(self) -> Figure:
        folder = self._emptied("photos")
        source = ("-f", "lavfi", "-i", "testsrc2=size=4000x3000:rate=1", "-frames:v", f"{PHOTOS}", folder / "%d.jpg")
        cpu_seconds([self._ffmpeg, *scenes.QUIET, *source])
        draft = DraftBuilder(1080, 1920, 30)
        for number in range(PHOTOS):
            draft.photo(f"{number + 1}.jpg", number * S, S)
        (folder / "draft_content.json").write_bytes(draft.bytes())
        return self._known(
            Bilingual(f"{PHOTOS} photos of 12 megapixels: peak memory", f"{PHOTOS} 张 1200 万像素照片：内存峰值"),
            rendered(folder, self._folder / "slides", self._ffmpeg).peak_mb,
            800,
            "MB",
        )

    def _at_rest(self) -> Figure:
        with served(self._folder / "served") as running:
            running.start()
            used = held_bytes(psutil.Process(running.pid)) / 1e6
        return self._known(Bilingual("`draftcast serve` at rest", "空闲的 `draftcast serve`"), used, 100, "MB")

    def _keys(self) -> Figure:
        without, with_keys = query_costs_us(self._folder / "keys", 100 * self._rounds)
        return self._known(
            Bilingual("a query from memory with a key, of one without", "带密钥的内存查询（相对无密钥）"),
            with_keys / without,
            1.05,
            "x",
        )

    def _rendered(self, folder: Path, *, copy_video: bool = True) -> float:
        return self._render(folder, copy_video=copy_video).cpu_s

    def _render(self, folder: Path, *, copy_video: bool = True) -> Render:
        work = self._folder / "task"
        shutil.rmtree(work, ignore_errors=True)
        return rendered(folder, work, self._ffmpeg, copy_video=copy_video)

    def _clock(self, act: Callable[[], object]) -> float:
        began = time.perf_counter()
        act()
        return time.perf_counter() - began

    def _least(self, act: Callable[[], float]) -> float:
        """The least of the rounds: others' work on the machine only adds."""
        return min(act() for _ in range(self._rounds))

    def _known(self, name: Bilingual, value: float, target: float, unit: str, limit: Bilingual = _NOT_LISTED) -> Figure:
        figure = Figure(name, value, target, unit, limit)
        print(f"{name.en:<60} {value:8.2f} {unit:<6} <= {target:g}  {'met' if figure.met else 'NOT MET'}", flush=True)
        return figure

    def _emptied(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


def _started(code: str) -> float:
    return cpu_seconds([sys.executable, "-c", code])


def pages(figures: list[Figure], machine: str, day: str) -> tuple[str, str]:
    """The page in English and in Chinese."""
    head_en = (
        "# Performance\n\n[中文](performance.zh.md)\n\n"
        "Written by `make performance`, which measures anew; [the decisions](decisions.md) have what was measured once."
        "\n"
        f"Machine: {machine}. Date: {day}. Each figure is the least of its rounds, ratios are of one run.\n\n"
        "| what | figure | at most | |\n|---|---|---|---|\n"
    )
    head_zh = (
        "# 性能\n\n[English](performance.md)\n\n"
        "本页由 `make performance` 重新测量并写出；只测过一次的数据见[设计决策](decisions.md)。\n"
        f"机器：{machine}。日期：{day}。每个数字取各轮中的最小值，比值出自同一次运行。\n\n"
        "| 项目 | 数值 | 上限 | |\n|---|---|---|---|\n"
    )
    rows_en = "".join(_row(each, each.name.en, "met", f"not met: {each.limit.en}") for each in figures)
    rows_zh = "".join(_row(each, each.name.zh, "达到", f"未达到：{each.limit.zh}") for each in figures)
    more_en = (
        "\nOther benches print their tables: `make bench-render` (drafts beside ffmpeg by hand and a plain transcode),"
        " `make bench-live` (messages, queries and memory of subscribers beside the peers), `make bench-queue` (idle"
        " processor, starts, submits), `make bench-scale`, `make bench-guard` and `make bench-page`.\n"
    )
    more_zh = (
        "\n其他测量各自输出表格：`make bench-render`（与手写 ffmpeg 命令及单纯转码对比）、"
        "`make bench-live`（消息、查询与订阅者内存，与同类服务对比）、"
        "`make bench-queue`（空闲时的处理器占用、启动、提交）、`make bench-scale`、`make bench-guard`、"
        "`make bench-page`。\n"
    )
    return head_en + rows_en + more_en, head_zh + rows_zh + more_zh


def _row(figure: Figure, name: str, met: str, missed: str) -> str:
    return f"| {name} | {figure.value:.2f} {figure.unit} | {figure.target:g} | {met if figure.met else missed} |\n"


def _machine(ffmpeg: Ffmpeg) -> str:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return f"{cores()} cores, {memory:.0f} GB, Python {platform.python_version()}, ffmpeg {ffmpeg.version}"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.performance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of everything, and no pages")
    quick: Any = parser.parse_args().quick
    ffmpeg = find_ffmpeg()
    print(_machine(ffmpeg))
    with tempfile.TemporaryDirectory() as folder:
        figures = Performance(Path(folder), ffmpeg, quick=quick).figures()
    if not quick:
        for path, text in zip(PAGES, pages(figures, _machine(ffmpeg), f"{datetime.now(UTC):%Y-%m-%d}"), strict=True):
            (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
