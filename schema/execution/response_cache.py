"""Cached responses to queries for one task; nothing here waits."""

from contextlib import suppress

from resolvers.context import Context
from schema.execution.compiler import NotPlain, PlainInfo
from schema.execution.plans import Plan
from schema.inputs import given
from schema.tasks import VideoTask
from services.lru_cache import LruCache, text_bytes
from services.store.records import Task

MAX_BYTES = 8 * 1024 * 1024
MAX_BODY_BYTES = 2048
"""Longer request bodies are not cached: pollers do not send them."""
BYTES_OF_A_QUERY = 3000
"""With the plan's root; its compiled selection is shared, and counted by the `Planner`."""


class CachedQuery:
    """One query for a task by id or draft URL, and its newest response. Raises `NotPlain` for other queries."""

    def __init__(self, plan: Plan) -> None:
        if len(plan.roots) != 1 or plan.roots[0].name not in ("videoTask", "node"):
            raise NotPlain
        (self._root,) = plan.roots
        arguments = {name: given(value) for name, value in self._root.arguments.items()}
        self._task_id: str | None = arguments.get("task_id", arguments.get("node_id"))
        self._draft_url: str | None = arguments.get("draft_url")
        if (self._task_id is None) == (self._draft_url is None):
            raise NotPlain
        self.response: tuple[Task, int, bytes] | None = None
        """The task and the version of file URLs that the bytes were made of."""

    @property
    def size_bytes(self) -> int:
        """The memory of the query, its response and the response's task."""
        return BYTES_OF_A_QUERY + (text_bytes(self.response[2]) if self.response else 0)

    def respond(self, context: Context) -> bytes | None:
        """The response; None when the task or the compiled selection is not in memory. Raises `NotPlain`."""
        task = self._cached_task(context)
        if task is None or self._root.write is None:
            return None
        version = context.services.files.url_version
        if self.response is None or self.response[0] is not task or self.response[1] != version:
            value = self._root.write(VideoTask.of(task), PlainInfo(context))
            self.response = (task, version, f'{{"data":{{{self._root.prefix}{value}}}}}'.encode())
        return self.response[2]

    def _cached_task(self, context: Context) -> Task | None:
        task_cache = context.services.manager.task_cache
        if self._task_id is not None:
            return task_cache.get_cached(context.owner, self._task_id)
        return task_cache.get_cached_by_url(context.owner, self._draft_url or "")


class ResponseCache:
    """The queries that were answered lately, by the bytes of their request bodies."""

    def __init__(self) -> None:
        self._queries: LruCache[CachedQuery | None] = LruCache(MAX_BYTES)

    def respond(self, context: Context, body: bytes, language: bytes) -> bytes | None:
        """The response to a request body; None when it is not cached. GraphQL knows no `language`."""
        del language
        query = self._queries.get(body)
        if query is None:
            return None
        before = query.response
        try:
            response = query.respond(context)
        except NotPlain:
            self._queries.put(body, None, text_bytes(body))
            return None
        if query.response is not before:
            self._put(body, query)
        return response

    def add(self, body: bytes, plan: Plan) -> None:
        """Cache the query of a request body that was answered by this plan, if it is a query for one task."""
        if len(body) > MAX_BODY_BYTES:
            return
        with suppress(NotPlain):
            self._put(body, CachedQuery(plan))

    def _put(self, body: bytes, query: CachedQuery) -> None:
        self._queries.put(body, query, text_bytes(body) + query.size_bytes)
