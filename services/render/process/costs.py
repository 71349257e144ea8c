"""The cost of a render by its steps: CPU of this process and of the programs that it runs, and wall time."""

import os
import resource
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from services.exporter_protocol.lines import Step, StepCost

_current: ContextVar[Step] = ContextVar("current", default=Step.START)


class Costs:
    """Sums by step. Of steps within or beside each other, only the outer one counts the CPU of this process."""

    def __init__(self) -> None:
        self._cpu_seconds: defaultdict[Step, float] = defaultdict(float)
        self._wall_seconds: defaultdict[Step, float] = defaultdict(float)
        self._programs_seconds = 0.0
        """CPU of the ended programs that are counted."""

    def started(self) -> None:
        """Count the start of this process until now, which is mostly imports. Its time is 0 without /proc."""
        self._cpu_seconds[Step.START] += time.process_time()
        self._wall_seconds[Step.START] += _age_seconds()

    @contextmanager
    def step(self, step: Step) -> Generator[None]:
        """Count the block for a step."""
        outer = _current.get() is Step.START
        token = _current.set(step)
        began, used = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self._wall_seconds[step] += time.monotonic() - began
            if outer:
                self._cpu_seconds[step] += time.process_time() - used
                self.program_ended()
            _current.reset(token)

    def program_ended(self) -> None:
        """Count a program that has just ended for the step that ran it."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = used.ru_utime + used.ru_stime
        self._cpu_seconds[_current.get()] += total - self._programs_seconds
        self._programs_seconds = total

    def by_step(self) -> tuple[StepCost, ...]:
        """The sums, in the order of the steps."""
        return tuple(
            StepCost(step, round(self._cpu_seconds[step], 3), round(self._wall_seconds[step], 3))
            for step in Step
            if step in self._wall_seconds
        )


def _age_seconds() -> float:
    """The time since this process was started."""
    try:
        stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(stat[19]) / os.sysconf("SC_CLK_TCK")


COSTS = Costs()
"""Of this process, which makes one render."""
