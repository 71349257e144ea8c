"""Traces: the life of each task as OpenTelemetry spans.

The id of a task is its trace id, and span ids follow from their paths in the trace. So every process adds its spans
without any context travelling with the task. Spans are built from records when something has ended; nothing is measured
for them before.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.clock import now_ms
from services.errors import Failure
from services.http.redaction import redact_text, redact_url
from services.store.parts import Part
from services.store.records import Delivery, Stage, StageProgress, Task

log = logging.getLogger(__name__)

AttributeValue = str | int | float | bool
RequestKind = Literal["submit", "retry", "cancel"]
ROOT: RequestKind = "submit"
"""The path of the span without a parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of a task's trace; `path` and `parent` are paths in the trace."""

    task_id: str
    path: str
    parent: str | None = ROOT
    name: str
    kind: Literal["INTERNAL", "PRODUCER", "CONSUMER", "CLIENT"] = "INTERNAL"
    start_ms: int
    end_ms: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    error: tuple[str, str] | None = None
    """Its error: a code, and a message for people."""


class Traces:
    """Builds spans and passes them to `export`. Without one it does nothing; it never raises."""

    def __init__(self, export: Callable[[Span], None] | None = None) -> None:
        self._export = export

    def record_request(self, what: RequestKind, task: Task, began_ms: int) -> None:
        """A caller's request was stored."""
        self._record(lambda: [_request(what, task, began_ms)])

    def record_wait(self, task: Task) -> None:
        """A task has left the queue: for an attempt, or because it failed there."""
        self._record(lambda: _wait(task))

    def record_attempt(self, task: Task, stages: Iterable[StageProgress], ended: Task | None) -> None:
        """The attempt in `task` has ended. `ended` is the task after it; None: the attempt was abandoned."""
        self._record(lambda: _attempt(task, stages, ended, now_ms()))

    def record_part(self, part: Part, began_ms: int) -> None:
        """A part of a shared video was rendered."""
        self._record(lambda: [_part(part, began_ms)])

    def record_webhook(self, task: Task, delivery: Delivery, began_ms: int) -> None:
        """A webhook was attempted; `delivery` holds the result."""
        self._record(lambda: [_webhook(task, delivery, began_ms)])

    def _record(self, spans: Callable[[], list[Span]]) -> None:
        if self._export is None:
            return
        try:
            for span in spans():
                self._export(span)
        except Exception:
            log.exception("a span could not be exported")


NO_TRACES = Traces()


def _request(what: RequestKind, task: Task, began_ms: int) -> Span:
    first = what == ROOT
    return Span(
        task_id=task.id,
        path=what if first else f"{what}/{task.seq}",
        parent=None if first else ROOT,
        name=what,
        kind="PRODUCER",
        start_ms=began_ms,
        end_ms=now_ms(),
        attributes={**_attributes(task), "draftcast.priority": task.priority, "draftcast.strict": task.strict},
    )


def _wait(task: Task) -> list[Span]:
    """Empty for the attempt after a lost one: the start of its wait is unknown."""
    left_ms = task.completed_at_ms if task.status.final else task.stages[-1].started_at_ms
    waited = task.started_at_ms in (None, left_ms)
    if left_ms is None or not (waited or task.status.final):
        return []
    span = Span(
        task_id=task.id,
        path=f"wait/{task.seq}",
        name="wait",
        start_ms=task.queued_at_ms if waited else left_ms,
        end_ms=left_ms,
        attributes=_attributes(task),
        error=_error(task.failure),
    )
    return [span]


def _attempt(task: Task, stages: Iterable[StageProgress], ended: Task | None, now: int) -> list[Span]:
    """The span of an attempt, and one for each of its stages."""
    own = [stage for stage in stages if stage.stage not in (Stage.QUEUED, Stage.DONE)]
    end_ms = ended.completed_at_ms or now if ended else now
    attempt = Span(
        task_id=task.id,
        path=_path_of(task.attempt),
        name="attempt",
        kind="CONSUMER",
        start_ms=own[0].started_at_ms,
        end_ms=end_ms,
        attributes={
            **_attributes(task),
            "draftcast.attempt": task.attempt,
            "draftcast.outcome": ended.status if ended else "GIVEN_UP",
            **_video_attributes(ended),
        },
        error=_error(ended.failure if ended else None),
    )
    return [attempt, *(_stage(attempt, stage, last=stage is own[-1]) for stage in own)]


def _stage(attempt: Span, stage: StageProgress, *, last: bool) -> Span:
    """The span of a stage; the error of the attempt belongs to the last one."""
    unit = f"draftcast.{(stage.unit or 'items').lower()}"
    counted = {f"{unit}.done": stage.done, f"{unit}.total": stage.total}
    return Span(
        task_id=attempt.task_id,
        path=f"{attempt.path}/{stage.stage}",
        parent=attempt.path,
        name=stage.stage,
        start_ms=stage.started_at_ms,
        end_ms=min(stage.completed_at_ms or attempt.end_ms, attempt.end_ms),
        attributes={name: round(count) for name, count in counted.items() if count is not None},
        error=attempt.error if last else None,
    )


def _part(part: Part, began_ms: int) -> Span:
    attempt = _path_of(part.attempt)
    return Span(
        task_id=part.task_id,
        path=f"{attempt}/part/{part.number}/{part.fence}",
        parent=attempt,
        name="part",
        start_ms=began_ms,
        end_ms=now_ms(),
        attributes={
            "draftcast.part": part.number,
            "draftcast.worker": part.worker or "",
            "draftcast.frames.done": part.frames,
            "draftcast.frames.first": part.first_frame,
        },
    )


def _webhook(task: Task, delivery: Delivery, began_ms: int) -> Span:
    answer = delivery.answer
    delivered = answer is not None and 200 <= answer < 300
    attributes: dict[str, AttributeValue] = {
        "url.full": redact_url(task.webhook_url or ""),
        "draftcast.seq": delivery.seq,
        "draftcast.tries": delivery.attempts,
    }
    return Span(
        task_id=task.id,
        path=f"webhook/{delivery.seq}/{delivery.attempts}",
        name="webhook",
        kind="CLIENT",
        start_ms=began_ms,
        end_ms=now_ms(),
        attributes=attributes if answer is None else {**attributes, "http.response.status_code": answer},
        error=None if delivered else (str(answer or "UNREACHABLE"), redact_text(delivery.error or "")),
    )


def _path_of(attempt: int) -> str:
    return f"attempt/{attempt}"


def _attributes(task: Task) -> dict[str, AttributeValue]:
    worker: dict[str, AttributeValue] = {"draftcast.worker": task.worker} if task.worker else {}
    return {"draftcast.task_id": task.id, "url.full": redact_url(task.draft_url), **worker}


def _video_attributes(task: Task | None) -> dict[str, AttributeValue]:
    video = task.video if task else None
    if video is None:
        return {}
    return {
        "draftcast.video.frames": video.frames,
        "draftcast.video.bytes": video.size_bytes,
        "draftcast.video.width": video.width,
        "draftcast.video.height": video.height,
    }


def _error(failure: Failure | None) -> tuple[str, str] | None:
    return None if failure is None else (failure.code, redact_text(failure.message.en))
