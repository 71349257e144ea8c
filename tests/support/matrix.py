"""Matrices of alike cases: some in `make test`, all with `make test-long`."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """The cases as parameters, all but the first of each `every` marked as long."""
    return [pytest.param(case, marks=[pytest.mark.long] if number % every else []) for number, case in enumerate(cases)]


def but_long(cases: Iterable[Any], *long: Any) -> list[Any]:
    """The cases as parameters, those of `long` marked as long."""
    return [pytest.param(case, marks=[pytest.mark.long] if case in long else []) for case in cases]
