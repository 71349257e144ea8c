"""A builder of ffmpeg filter graphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Command:
    """Input arguments, and a graph with output `out`."""

    inputs: tuple[str, ...]
    graph: str


class Chains:
    """Collects the inputs and chains of a graph. Labels include their brackets; each is read once."""

    def __init__(self) -> None:
        self._inputs: list[str] = []
        self._count = 0
        self._chains: list[str] = []
        self._labels = 0

    def command(self, last: str) -> Command:
        """The finished command; `last` is the label of its output."""
        self._chains.append(f"{last}null[out]")
        return Command(tuple(self._inputs), ";\n".join(self._chains))

    def open(self, arguments: Sequence[str], stream: int = 0) -> str:
        """Add an input file. Returns the label of one of its streams."""
        self._inputs += arguments
        self._count += 1
        return f"[{self._count - 1}:{stream}]"

    def chain(self, sources: str, steps: Sequence[str]) -> str:
        """Add a chain of filters. Returns the label of its output.

        A filter named `@this_...`, to which another one of the chain sends commands, gets a name of its own.
        """
        label = self._label()
        own = ",".join(steps).replace("@this_", f"@chain{self._labels}_")
        self._chains.append(sources + own + label)
        return label

    def split(self, source: str, count: int) -> list[str]:
        """Labels of `count` copies of a stream."""
        if count == 1:
            return [source]
        labels = [self._label() for _ in range(count)]
        self._chains.append(f"{source}split={count}{''.join(labels)}")
        return labels

    def _label(self) -> str:
        self._labels += 1
        return f"[p{self._labels}]"


def held(count: int) -> list[str]:
    """Filters to exactly `count` frames: the last one is repeated if necessary."""
    return ["tpad=stop=-1:stop_mode=clone", f"trim=end_frame={count}"]


def repeated(count: int) -> list[str]:
    """Filters that repeat one frame `count` times, a tick apart, in a stream whose ticks are frames: `tpad` gives the
    first two the same time.
    """
    return [*held(count), "setpts=N"]


def fraction(number: Fraction) -> str:
    """An exact number in ffmpeg's syntax."""
    return f"{number.numerator}/{number.denominator}"


def frame_number(rate: Fraction) -> str:
    """An expression for a frame's number from its time. `n` of `scale` counts from 0 or 1, depending on the version,
    and `scale` is configured before there is a time.
    """
    return f"round(if(isnan(t),0,t)*{fraction(rate)})"
