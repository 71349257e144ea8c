"""The threads of ffmpegs that encode a picture: the shares of decoding, filters and encoding in their CPU.

ffmpeg names its threads since release 7. Only x264 encodes in the thread of that name, if it has one thread. The
threads of a folder's ffmpegs are looked up in /proc five times a second, by the caller of the renderer, whose sandbox
refuses it.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from services.exporter_protocol.lines import Step, StepCost

EVERY_SECONDS = 0.2
_STEPS = {
    **dict.fromkeys(("dmx", "dec", "av:"), Step.DECODE),
    "fc": Step.FILTER,
    **dict.fromkeys(("enc", "mux"), Step.ENCODE),
}
"""The step of a thread, by the beginning of its name."""


class FfmpegThreads:
    """Samples the ffmpegs that write to a folder, while a block lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}/".encode()
        self._ticks: dict[tuple[Path, str], int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def told_apart(self, costs: Iterable[StepCost]) -> Iterator[StepCost]:
        """The costs of steps, with those of the picture in its parts as far as they were seen; their time is unknown,
        as they run beside each other.
        """
        for cost in costs:
            yield cost
            if cost.step == Step.PICTURE:  # not `is`: a line of JSON has its name
                for step, share in self.shares().items():
                    yield StepCost(step, round(cost.cpu_seconds * share, 3))

    def shares(self) -> dict[Step, float]:
        """The parts of the CPU seen, together 1; empty where nothing is known of them."""
        sums: Counter[Step] = Counter()
        for (_, name), ticks in self._ticks.items():
            step = next((step for beginning, step in _STEPS.items() if name.startswith(beginning)), None)
            if step is not None:
                sums[step] += ticks
        total = sums.total()
        return {step: sums[step] / total for step in Step if step in sums} if total else {}

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for thread in self._threads():
                with suppress(OSError, ValueError, IndexError):
                    name, _, numbers = (thread / "stat").read_text(errors="replace").partition("(")[2].rpartition(")")
                    used = numbers.split()
                    self._ticks[thread, name] = int(used[11]) + int(used[12])

    def _threads(self) -> Iterator[Path]:
        """The threads of all ffmpegs that write a picture to the folder."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if self._folder in command and b"\0libx264\0" in command:
                    yield from (process / "task").iterdir()
