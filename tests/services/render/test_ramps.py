"""Ramps: few points, close to every value, and equal in ffmpeg's arithmetic."""

import operator
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.timeline.ramps import Ramp

values = st.lists(st.floats(-1000, 1000), min_size=1, max_size=80)


@given(values, st.floats(0.01, 10))
def test_a_ramp_comes_within_its_tolerance_of_every_value(wanted: list[float], tolerance: float) -> None:
    ramp = Ramp.through(wanted, tolerance)
    assert all(abs(ramp.at(frame) - value) <= tolerance + 1e-9 for frame, value in enumerate(wanted))


def test_a_straight_line_needs_two_points_and_a_constant_one() -> None:
    assert Ramp.through([0.5 * frame for frame in range(100)], 0.01).points == ((0, 0.0), (99, 49.5))
    assert Ramp.through([3.0] * 100, 0.01).points == ((0, 3.0),)


@given(values, st.integers(-5, 100))
def test_ffmpeg_s_expression_has_the_ramp_s_values(wanted: list[float], frame: int) -> None:
    ramp = Ramp.through(wanted, 0.5)
    assert evaluated(ramp.expression("n"), frame) == pytest.approx(ramp.at(frame), abs=0.01)


@given(values, st.integers(0, 80), st.integers(1, 80))
def test_a_part_of_a_ramp_has_its_values_to_the_last_bit(wanted: list[float], start: int, count: int) -> None:
    ramp = Ramp.through(wanted, 0.5)
    part = ramp.within(start, start + count)
    assert all(part.at(frame) == ramp.at(frame) for frame in range(start, start + count))
    assert sum(start < frame < start + count - 1 for frame, _ in ramp.points) + 2 >= len(part.points)


def test_a_shifted_ramp_is_the_same_later() -> None:
    ramp = Ramp(((0, 1.0), (10, 2.0)))
    assert ramp.shifted(5).at(10) == ramp.at(5) == 1.5


def evaluated(expression: str, frame: int) -> float:
    """Evaluates numbers, +, -, *, if() and lt() as ffmpeg does."""
    assert re.fullmatch(r"[-+*.,()0-9enilft]+", expression)
    names: dict[str, Any] = {"__builtins__": {}, "lt": operator.lt, "choose": chosen, "n": frame}
    return float(eval(expression.replace("if(", "choose("), names))


def chosen(which: bool, one: float, other: float) -> float:
    return one if which else other
