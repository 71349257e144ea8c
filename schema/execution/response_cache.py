"""Questions for one task that are answered from memory, without waiting for anything."""

import json
from typing import Any, Literal, cast

from resolvers.context import Context
from schema.execution.compiler import NotPlain, PlainInfo
from schema.execution.operations import operation_fault
from schema.execution.plans import Plan, Planner
from schema.execution.results import Operation
from schema.inputs import given
from schema.tasks import VideoTask
from services.lru_cache import LruCache, text_bytes
from services.store.records import Task
from services.strict_json import parse_json

MOST_BYTES = 8 * 1024 * 1024
BYTES_OF_A_QUESTION = 3000
"""With the plan's root; how it is written is shared, and kept elsewhere."""


class Question:
    """One question, word for word, and its newest answer."""

    def __init__(self, plan: Plan) -> None:
        (self._root,) = plan.roots
        wish = {name: given(value) for name, value in self._root.arguments.items()}
        self._task_id: str | None = wish.get("task_id", wish.get("node_id"))
        self._draft_url: str | None = wish.get("draft_url")
        if (self._task_id is None) == (self._draft_url is None):
            raise NotPlain
        self.answered: tuple[Task, int, bytes] | None = None

    @property
    def outdated(self) -> bool:
        """Whether how its answer is written is not kept any more."""
        return not self._root.writes

    @property
    def size_bytes(self) -> int:
        """With the answer, and the task that it tells of."""
        return BYTES_OF_A_QUESTION + (text_bytes(self.answered[2]) if self.answered else 0)

    def answer(self, context: Context) -> bytes | None:
        """The answer's bytes; None when the task is not at hand."""
        task_cache = context.services.manager.task_cache
        if self._task_id is not None:
            task = task_cache.get_cached(context.owner, self._task_id)
        else:
            task = task_cache.get_cached_by_url(context.owner, self._draft_url or "")
        if task is None:
            return None
        edition = context.services.files.url_version
        if self.answered is None or self.answered[0] is not task or self.answered[1] != edition:
            self.answered = (task, edition, self._written(context, task))
        return self.answered[2]

    def _written(self, context: Context, task: Task) -> bytes:
        assert self._root.write is not None  # noqa: S101 - the plan is plain
        value = self._root.write(VideoTask.of(task), PlainInfo(context))
        return f'{{"data":{{{self._root.prefix}{value}}}}}'.encode()


class Questions:
    """The questions that were asked lately; a `draftcast.api.response_cache.CachedAnswers`."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self.known: LruCache[Question | Literal[False]] = LruCache(MOST_BYTES)
        """False: what is asked is no such question."""

    def cached(self, context: Context, body: bytes, language: bytes) -> bytes | None:
        """The answer to a request's body; None: ask the usual way."""
        del language
        known = self.known.get(body)
        if known is None or (known and known.outdated):
            known = self._keep(body, self._made(body))
        if not known:
            return None
        before = known.answered
        try:
            answer = known.answer(context)
        except NotPlain:
            self._keep(body, False)
            return None
        if known.answered is not before:
            self._keep(body, known)
        return answer

    def _keep(self, body: bytes, known: Question | Literal[False]) -> Question | Literal[False]:
        return self.known.keep(body, known, text_bytes(body) + (known.size_bytes if known else 0))

    def _made(self, body: bytes) -> Question | Literal[False]:
        try:
            fields = parse_json(body)
        except json.JSONDecodeError:
            return False
        if operation_fault(fields):
            return False
        asked = cast("dict[str, Any]", fields)
        operation = Operation(asked["query"], asked.get("variables"), asked.get("operationName"))
        plan = self._planner.plan(operation)
        if plan is None or plan.subscription or not plan.plain or len(plan.roots) != 1:
            return False
        if plan.roots[0].name not in ("videoTask", "node"):
            return False
        try:
            return Question(plan)
        except NotPlain:
            return False
