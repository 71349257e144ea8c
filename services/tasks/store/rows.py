"""Between rows and records: the one place that knows how a record is stored."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from services.errors import DraftWarning
from services.tasks.records import Delivery, StageProgress, Task, TaskEvent

_TASK = TypeAdapter(Task)
_EVENT = TypeAdapter(TaskEvent)
_DELIVERY = TypeAdapter(Delivery)


def task_of(row: sa.RowMapping) -> Task:
    """The task of a row of `draftcast_tasks`."""
    return _TASK.validate_python(dict(row))


def event_of(row: sa.RowMapping) -> TaskEvent:
    """The event of a row of `draftcast_events`."""
    return _EVENT.validate_python(dict(row))


def delivery_of(row: sa.RowMapping) -> Delivery:
    """The delivery of a row of `draftcast_deliveries`."""
    return _DELIVERY.validate_python(dict(row))


def stages_json(stages: Iterable[StageProgress]) -> list[dict[str, Any]]:
    """Stages as they are stored."""
    return [asdict(stage) for stage in stages]


def warnings_json(warnings: Iterable[DraftWarning]) -> list[dict[str, Any]]:
    """Warnings as they are stored."""
    return [asdict(warning) for warning in warnings]
