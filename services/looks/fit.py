"""A colour table fitted to samples: colours before and after a filter. Pure.

The table starts as the affine map nearest to the samples. What is left of each sample is spread over the eight table
colours around it, a few times; table colours without samples take the mean of their neighbours, so that the table goes
on smoothly where the pictures have no colours.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

Color: TypeAlias = tuple[float, float, float]
SIDE = 17
"""Colours along a side of the table."""
_ROUNDS, _STILL = 8, 1e-4
_SPREADS = 20
_NEAR = 0.01
"""The weight of a table colour for a sample below which it is left out."""
_LEAST = 0.5
"""The weight of samples below which a table colour counts as empty."""
_FIRM = 1.0
"""The weight, in samples, of the identity in the affine map."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A colour before and after, 0..1 each; `weight` is its number of pixels."""

    before: Color
    after: Color
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A table, red fastest; the root of its mean squared error over all samples and channels, 0..1; and the part of its
    colours that samples touch.
    """

    colors: tuple[Color, ...]
    rmse: float
    seen: float


@dataclass(frozen=True, slots=True)
class _Placed:
    """A sample, and the places and weights of the table colours around it."""

    sample: Sample
    around: tuple[tuple[int, float], ...]


def fit(samples: Sequence[Sample]) -> Fit:
    """The table nearest to the samples, of which there is at least one."""
    placed = [_Placed(sample, tuple(_corners(sample.before))) for sample in samples]
    weights = _weights(placed)
    planes = (_plane(placed, weights, channel, _affine(samples, channel)) for channel in range(3))
    table = tuple((red, green, blue) for red, green, blue in zip(*planes, strict=True))
    return Fit(table, _rmse(table, placed), sum(weight > _LEAST for weight in weights) / len(weights))


def _corners(color: Color) -> Iterator[tuple[int, float]]:
    """The table colours around a colour, and their weights."""
    places = [min(1.0, max(0.0, part)) * (SIDE - 1) for part in color]
    lows = [min(SIDE - 2, int(place)) for place in places]
    for corner in product((0, 1), repeat=3):
        index, weight = 0, 1.0
        for channel in (2, 1, 0):
            part = places[channel] - lows[channel]
            index = index * SIDE + lows[channel] + corner[channel]
            weight *= part if corner[channel] else 1 - part
        if weight > _NEAR:
            yield index, weight


def _affine(samples: Sequence[Sample], channel: int) -> tuple[float, ...]:
    """The factors of red, green, blue and 1 that are nearest to a channel of the samples."""
    rows = [[0.0] * 5 for _ in range(4)]
    for sample in samples:
        known = (*sample.before, 1.0)
        for row in range(4):
            for column in range(4):
                rows[row][column] += sample.weight * known[row] * known[column]
            rows[row][4] += sample.weight * known[row] * sample.after[channel]
    total = sum(sample.weight for sample in samples)
    for row in range(4):
        rows[row][row] += _FIRM * total / 1000
        rows[row][4] += _FIRM * total / 1000 * (row == channel)
    return _solved(rows)


def _solved(rows: list[list[float]]) -> tuple[float, ...]:
    """The solution of linear equations, by Gauss's elimination; the matrix is positive definite."""
    for pivot in range(len(rows)):
        for row in range(len(rows)):
            if row != pivot:
                factor = rows[row][pivot] / rows[pivot][pivot]
                rows[row] = [value - factor * other for value, other in zip(rows[row], rows[pivot], strict=True)]
    return tuple(row[-1] / row[place] for place, row in enumerate(rows))


def _weights(placed: Sequence[_Placed]) -> list[float]:
    """The weight of samples around each table colour."""
    weights = [0.0] * SIDE**3
    for each in placed:
        for index, part in each.around:
            weights[index] += each.sample.weight * part
    return weights


def _plane(
    placed: Sequence[_Placed], weights: Sequence[float], channel: int, affine: tuple[float, ...]
) -> Iterator[float]:
    """A channel of the table, 0..1."""
    steps = [step / (SIDE - 1) for step in range(SIDE)]
    a, b, c, d = affine
    base = [a * red + b * green + c * blue + d for blue in steps for green in steps for red in steps]
    more = [0.0] * len(base)
    for _ in range(_ROUNDS):
        moves = _moves(placed, weights, channel, [value + change for value, change in zip(base, more, strict=True)])
        more = [value + move for value, move in zip(more, moves, strict=True)]
        if max(map(abs, moves)) < _STILL:
            break
    _fill(more, [index for index, weight in enumerate(weights) if weight <= _LEAST])
    return (min(1.0, max(0.0, value + change)) for value, change in zip(base, more, strict=True))


def _moves(placed: Sequence[_Placed], weights: Sequence[float], channel: int, plane: Sequence[float]) -> list[float]:
    """By how much each place of a plane is off, in the mean of the samples around it."""
    sums = [0.0] * len(plane)
    for each in placed:
        left = each.sample.after[channel] - sum(plane[index] * part for index, part in each.around)
        for index, part in each.around:
            sums[index] += each.sample.weight * part * left
    return [total / (weight + _LEAST) if weight > _LEAST else 0.0 for total, weight in zip(sums, weights, strict=True)]


def _fill(plane: list[float], empty: Iterable[int]) -> None:
    """Give the empty places of a plane the mean of their neighbours, from the nearest known ones outwards first."""
    neighbours = {index: _neighbours(index) for index in empty}
    unknown = set(neighbours)
    while unknown and len(unknown) < len(plane):
        reached = {index: [each for each in neighbours[index] if each not in unknown] for index in unknown}
        for index, known in reached.items():
            if known:
                plane[index] = sum(plane[each] for each in known) / len(known)
                unknown.discard(index)
    for _ in range(_SPREADS):
        for index, around in neighbours.items():
            plane[index] = sum(plane[each] for each in around) / len(around)


def _neighbours(index: int) -> tuple[int, ...]:
    places = index % SIDE, index // SIDE % SIDE, index // SIDE**2
    return tuple(
        index + step * SIDE**axis for axis, place in enumerate(places) for step in (-1, 1) if 0 <= place + step < SIDE
    )


def _rmse(table: Sequence[Color], placed: Sequence[_Placed]) -> float:
    total = sum(
        each.sample.weight
        * (sum(table[index][channel] * part for index, part in each.around) - each.sample.after[channel]) ** 2
        for each in placed
        for channel in range(3)
    )
    return math.sqrt(total / 3 / sum(each.sample.weight for each in placed))
