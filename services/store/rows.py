"""Conversion between rows and records."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, overload

import sqlalchemy as sa
from pydantic import TypeAdapter

from services.errors import DraftWarning
from services.store.records import Delivery, StageProgress, Task, TaskEvent

_TASK = TypeAdapter(Task)
_EVENT = TypeAdapter(TaskEvent)
_DELIVERY = TypeAdapter(Delivery)
_WARNINGS = TypeAdapter(tuple[DraftWarning, ...])


class StoredWarnings(Sequence[DraftWarning]):
    """Stored warnings, parsed at the first access: a hundred of them weigh more than the rest of a task."""

    def __init__(self, value: str) -> None:
        self._text = value

    @cached_property
    def _read(self) -> tuple[DraftWarning, ...]:
        return _WARNINGS.validate_json(self._text)

    @overload
    def __getitem__(self, index: int) -> DraftWarning: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[DraftWarning]: ...
    def __getitem__(self, index: int | slice) -> DraftWarning | Sequence[DraftWarning]:
        return self._read[index]

    def __iter__(self) -> Iterator[DraftWarning]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredWarnings) and self._read == other._read

    def __hash__(self) -> int:
        return hash(self._read)


def task_of(row: sa.RowMapping) -> Task:
    """The task in a row of `draftcast_tasks`."""
    return _TASK.validate_python(dict(row))


def event_of(row: sa.RowMapping) -> TaskEvent:
    """The event in a row of `draftcast_events`."""
    return _EVENT.validate_python(dict(row))


def delivery_of(row: sa.RowMapping) -> Delivery:
    """The delivery in a row of `draftcast_deliveries`."""
    return _DELIVERY.validate_python(dict(row))


def stages_json(stages: Iterable[StageProgress]) -> list[dict[str, Any]]:
    """Stages as they are stored."""
    return [asdict(stage) for stage in stages]


def warnings_json(warnings: Iterable[DraftWarning]) -> list[dict[str, Any]]:
    """Warnings as they are stored."""
    return [asdict(warning) for warning in warnings]
