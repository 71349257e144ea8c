"""Collecting the inputs and chains of one ffmpeg filter graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Command:
    """Inputs and a graph whose result is named `out`."""

    inputs: tuple[str, ...]
    graph: str


class Chains:
    """A graph in the making. Labels come with their brackets; each is read once."""

    def __init__(self) -> None:
        self._inputs: list[str] = []
        self._count = 0
        self._chains: list[str] = []
        self._labels = 0

    def command(self, last: str) -> Command:
        """What was collected; `last` is the label that is written."""
        self._chains.append(f"{last}null[out]")
        return Command(tuple(self._inputs), ";\n".join(self._chains))

    def open(self, arguments: Sequence[str], stream: int = 0) -> str:
        """Open a file; gives the label of a stream of it."""
        self._inputs += arguments
        self._count += 1
        return f"[{self._count - 1}:{stream}]"

    def chain(self, sources: str, steps: Sequence[str]) -> str:
        """Filters one after the other; gives the label of what comes out."""
        label = self._label()
        self._chains.append(sources + ",".join(steps) + label)
        return label

    def split(self, source: str, count: int) -> list[str]:
        """The same frames `count` times."""
        if count == 1:
            return [source]
        labels = [self._label() for _ in range(count)]
        self._chains.append(f"{source}split={count}{''.join(labels)}")
        return labels

    def _label(self) -> str:
        self._labels += 1
        return f"[p{self._labels}]"


def held(count: int) -> list[str]:
    """Exactly `count` frames: the last one stays when there are too few."""
    return ["tpad=stop=-1:stop_mode=clone", f"trim=end_frame={count}"]


def repeated(count: int) -> list[str]:
    """One frame `count` times, a tick apart, in a stream whose ticks are frames: `tpad` gives two the first's time."""
    return [*held(count), "setpts=N"]


def fraction(number: Fraction) -> str:
    """A number as ffmpeg takes it exactly."""
    return f"{number.numerator}/{number.denominator}"


def frame_number(rate: Fraction) -> str:
    """A frame's number in its stream, as an expression in its time. `scale` has an `n` of its own, which counts from 0
    or from 1 by its version; and it is configured before there is a time.
    """
    return f"round(if(isnan(t),0,t)*{fraction(rate)})"
