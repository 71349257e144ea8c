"""Questions for one task that are answered from memory, without waiting for anything."""

import json
from typing import Any, cast

from resolvers.answers import Operation
from resolvers.bodies import parse_json
from resolvers.context import Context
from resolvers.kept import Kept
from resolvers.sockets import operation_fault
from schema.compiled import NotPlain, PlainInfo
from schema.inputs import given
from schema.plans import Plan, Planner
from schema.tasks import VideoTask
from services.tasks.records import Task

MOST_QUESTIONS = 4096


class Question:
    """One question, word for word, and its newest answer."""

    def __init__(self, plan: Plan) -> None:
        (self._root,) = plan.roots
        wish = {name: given(value) for name, value in self._root.arguments.items()}
        self._task_id: str | None = wish.get("task_id", wish.get("node_id"))
        self._draft_url: str | None = wish.get("draft_url")
        if (self._task_id is None) == (self._draft_url is None):
            raise NotPlain
        self._answered: tuple[Task, int, bytes] | None = None

    def answer(self, context: Context) -> bytes | None:
        """The answer's bytes; None when the task is not at hand."""
        hot = context.services.manager.hot
        if self._task_id is not None:
            task = hot.ready(context.owner, self._task_id)
        else:
            task = hot.ready_by_url(context.owner, self._draft_url or "")
        if task is None:
            return None
        edition = context.services.files.edition
        if self._answered is None or self._answered[0] is not task or self._answered[1] != edition:
            self._answered = (task, edition, self._written(context, task))
        return self._answered[2]

    def _written(self, context: Context, task: Task) -> bytes:
        assert self._root.write is not None  # noqa: S101 - the plan is plain
        value = self._root.write(VideoTask.of(task), PlainInfo(context))
        return f'{{"data":{{{self._root.prefix}{value}}}}}'.encode()


class Questions:
    """The questions that were asked lately; a `resolvers.front.Quick`."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._known: Kept[Question | NotPlain] = Kept(MOST_QUESTIONS)

    def at_hand(self, context: Context, body: bytes, language: bytes) -> bytes | None:
        """The answer to a request's body; None: ask the usual way."""
        del language
        known = self._known.get(body)
        if known is None:
            known = self._known.keep(body, self._made(body))
        if isinstance(known, NotPlain):
            return None
        try:
            return known.answer(context)
        except NotPlain as error:
            self._known.keep(body, error)
            return None

    def _made(self, body: bytes) -> Question | NotPlain:
        try:
            fields = parse_json(body)
        except json.JSONDecodeError:
            return NotPlain()
        if operation_fault(fields):
            return NotPlain()
        asked = cast("dict[str, Any]", fields)
        operation = Operation(asked["query"], asked.get("variables"), asked.get("operationName"))
        plan = self._planner.plan(operation)
        if plan is None or plan.subscription or not plan.plain or len(plan.roots) != 1:
            return NotPlain()
        if plan.roots[0].name not in ("videoTask", "node"):
            return NotPlain()
        try:
            return Question(plan)
        except NotPlain as error:
            return error
