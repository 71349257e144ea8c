"""Queries and changes of tasks, each by one service call; GraphQL and REST share them."""

from collections.abc import Sequence
from dataclasses import replace

from resolvers.context import Context
from services.access.audit import Act
from services.access.callers import Scope
from services.access.limits import Limit, QuotaExceeded
from services.access.watch_tokens import WatchToken, make_token
from services.background import in_turns
from services.errors import Bilingual, DraftWarning, InvalidInput, RequestError, TaskNotFound
from services.http.redaction import redact_text_for_guest, redact_url_for_guest
from services.store.records import (
    Delivery,
    EventPage,
    EventType,
    Order,
    PageRequest,
    QueueState,
    Submitted,
    Task,
    TaskFilter,
    TaskPage,
    TaskRequest,
    ThroughputPoint,
)
from services.tasks.manager import MOST_REQUESTS


async def submit(context: Context, request: TaskRequest) -> Submitted:
    """Queue a render, or join the active task of the same URL or key. Raises a `RequestError`."""
    owner = context.submitter
    context.count(Limit.SUBMITS)
    submitted = await context.services.manager.submit(owner, request)
    context.note(Act.SUBMIT, task=submitted.task.id, draft_url=submitted.task.draft_url, created=submitted.created)
    return submitted


async def submit_all(context: Context, requests: Sequence[TaskRequest]) -> list[Submitted | RequestError]:
    """Queue several renders in one transaction, each as `submit` does. Returns the result or the error of each. Raises
    `InvalidInput` for more than `MOST_REQUESTS`, and `NotAdmitted` and `ScopeMissing`.
    """
    owner = context.submitter
    if len(requests) > MOST_REQUESTS:
        raise InvalidInput(
            Bilingual(f"inputs may have {MOST_REQUESTS} entries.", f"inputs 最多 {MOST_REQUESTS} 项。"),
            path=("inputs",),
        )
    refused = [_over_limit(context) for _ in requests]
    allowed = [request for request, error in zip(requests, refused, strict=True) if error is None]
    found = iter(await context.services.manager.submit_all(owner, allowed))
    results = [next(found) if error is None else error for error in refused]
    async for each in in_turns(results):
        if isinstance(each, Submitted):
            context.note(Act.SUBMIT, task=each.task.id, draft_url=each.task.draft_url, created=each.created)
    return results


def _over_limit(context: Context) -> RequestError | None:
    """Count one submit. The error of a caller that has reached its limit."""
    try:
        context.count(Limit.SUBMITS)
    except QuotaExceeded as error:
        return error
    return None


async def cancel(context: Context, task_id: str) -> Task:
    """Cancel a waiting or running task. Raises `TaskNotFound` or `InvalidState`."""
    canceled = await context.services.manager.cancel(context.submitter, task_id)
    context.note(Act.CANCEL, task=task_id)
    return canceled


async def retry(context: Context, task_id: str) -> Task:
    """Queue a failed or canceled task again. Raises `TaskNotFound` or `InvalidState`."""
    owner = context.submitter
    context.count(Limit.SUBMITS)
    again = await context.services.manager.retry(owner, task_id)
    context.note(Act.RETRY, task=task_id)
    return again


async def task(context: Context, task_id: str | None, draft_url: str | None = None) -> Task | None:
    """The task of that id, or the newest of that draft URL. Raises `InvalidInput` unless one is given."""
    manager, owner = context.services.manager, context.watched_owner
    if task_id is not None and draft_url is None:
        return visible_or_none(context, await manager.task(owner, task_id))
    if draft_url is not None and task_id is None:
        return visible_or_none(context, await manager.task_by_url(owner, draft_url))
    raise InvalidInput(Bilingual("Give either id or draftUrl.", "id 与 draftUrl 须给其一。"), path=("id",))


def visible_or_none(context: Context, found: Task | None) -> Task | None:
    """A task as it is visible to the caller; None if it is not."""
    return None if found is None or not context.sees(found.id) else redact_for_guest(context, found)


def redact_for_guest(context: Context, found: Task) -> Task:
    """A task that the caller sees; for a guest without the URLs of its draft and materials, which may be secret."""
    if not context.is_guest:
        return found
    url, failure = found.draft_url, found.failure
    return replace(
        found,
        draft_url=redact_url_for_guest(url),
        metadata=None,
        replacements=(),
        failure=failure and replace(failure, message=_redacted_message(failure.message, url), material_url=None),
        warnings=tuple(_redacted_warning(warning, url) for warning in found.warnings),
    )


def _redacted_warning(warning: DraftWarning, draft_url: str) -> DraftWarning:
    name = warning.material_name
    return replace(
        warning,
        message=_redacted_message(warning.message, draft_url),
        material_name=None if name is None else redact_text_for_guest(name, draft_url),
    )


def _redacted_message(words: Bilingual, draft_url: str) -> Bilingual:
    return Bilingual(redact_text_for_guest(words.en, draft_url), redact_text_for_guest(words.zh, draft_url))


async def get_or_raise(context: Context, task_id: str | None, draft_url: str | None = None) -> Task:
    """The task of that id, or the newest of that draft URL. Raises `TaskNotFound` and `InvalidInput`."""
    found = await task(context, task_id, draft_url)
    if found is None:
        where = "draftUrl" if task_id is None else "id"
        raise TaskNotFound(Bilingual(f"There is no task of this {where}.", f"没有此 {where} 的任务。"), path=(where,))
    return found


async def tasks(context: Context, wanted: TaskFilter, order: Order, page: PageRequest) -> TaskPage:
    """A page of the caller's tasks. Raises `InvalidInput` for a bad cursor or size."""
    return await context.services.manager.tasks(context.owner, wanted, order, page)


async def events(
    context: Context, seen: Task, page: PageRequest, types: tuple[EventType, ...] | None = None
) -> tuple[EventPage, Task]:
    """A page of a task's events, and the task, which is never older than they are."""
    manager = context.services.manager
    found = await manager.events(context.watched_owner, seen.id, page, types)
    if not found.events or found.events[-1].seq <= seen.seq:
        return found, seen
    return found, await get_or_raise(context, seen.id)


async def deliveries(context: Context, seen: Task, page: PageRequest) -> list[Delivery]:
    """The deliveries to a task's webhook, newest first; none for guests."""
    if context.is_guest or seen.webhook_url is None:
        return []
    return await context.services.manager.deliveries(context.owner, seen.id, page)


async def queue(context: Context) -> QueueState:
    """The numbers of the caller's waiting and running tasks, and their times."""
    return await context.services.manager.queue(context.owner)


async def accepting(context: Context) -> bool:
    """Whether the server accepts a new task now."""
    context.require(Scope.READ)
    return await context.services.manager.accepting()


async def active_count(context: Context) -> int:
    """The number of the caller's waiting and running tasks."""
    return await context.services.manager.active_count(context.owner)


async def queue_position(context: Context, waiting: Task) -> int | None:
    """A waiting task's position in the queue, from 1; None for other tasks."""
    return await context.queue_positions.load(waiting)


async def throughput(context: Context, last_minutes: int) -> tuple[ThroughputPoint, ...]:
    """The tasks that ended in each of the last minutes, oldest first. Raises `InvalidInput` unless 1 to 1440."""
    return await context.services.manager.throughput(context.owner, last_minutes)


async def watch_token(context: Context, task_id: str, seconds: int) -> WatchToken:
    """A watch token of this task. Raises `TaskNotFound`, `InvalidInput` or `ScopeMissing`."""
    context.require(Scope.READ)
    seen = await get_or_raise(context, task_id)
    token = make_token(context.services.keyring.mac, context.admitted, seen.id, seconds)
    context.note(Act.WATCH_TOKEN, task=seen.id, seconds=seconds)
    return token
