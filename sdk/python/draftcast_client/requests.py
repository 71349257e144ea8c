"""Requests of the API and their results, without input or output: the two clients share them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar, cast

from pydantic import BaseModel

from .errors import Refused
from .generated import (
    CANCEL_GQL,
    DRAFT_REPORT_GQL,
    FIND_GQL,
    LIST_GQL,
    RETRY_GQL,
    SUBMIT_ALL_GQL,
    SUBMIT_GQL,
    Cancel,
    DraftReport,
    Find,
    List,
    ListVideoTasks,
    Refusal,
    ReplacementInput,
    Report,
    Retry,
    Submit,
    SubmitAll,
    SubmitVideoTaskInput,
    Task,
    VideoTaskFilter,
    VideoTaskOrder,
)

Json: TypeAlias = dict[str, Any]
Locale: TypeAlias = Literal["EN", "ZH"]
T = TypeVar("T")


@dataclass(frozen=True)
class Request(Generic[T]):
    """A document with its variables; `read` makes the result of the data, or raises `Refused`."""

    document: str
    variables: Json
    read: Callable[[Json], T]


def submit(draft: str | SubmitVideoTaskInput) -> Request[Task]:
    """The submit of a draft's URL, or of one with options."""
    given = {"input": _input(draft)}
    return Request(SUBMIT_GQL, given, lambda data: _task(Submit.model_validate(data).submit_video_task))


def submit_all(drafts: Sequence[str | SubmitVideoTaskInput]) -> Request[list[Task | Refused]]:
    """The submit of several drafts in one transaction."""

    def read(data: Json) -> list[Task | Refused]:
        payload = SubmitAll.model_validate(data).submit_video_tasks
        if payload.errors:
            raise _refusal(payload.errors)
        return [result.task or _refusal(result.errors) for result in payload.results]

    return Request(SUBMIT_ALL_GQL, {"inputs": [_input(draft) for draft in drafts]}, read)


def _input(draft: str | SubmitVideoTaskInput) -> SubmitVideoTaskInput:
    return SubmitVideoTaskInput(draft_url=draft) if isinstance(draft, str) else draft


def cancel(task_id: str) -> Request[Task]:
    """The cancel of a task."""
    return Request(CANCEL_GQL, {"id": task_id}, lambda data: _task(Cancel.model_validate(data).cancel_video_task))


def retry(task_id: str) -> Request[Task]:
    """The retry of a task."""
    return Request(RETRY_GQL, {"id": task_id}, lambda data: _task(Retry.model_validate(data).retry_video_task))


def find(task_id: str | None, draft_url: str | None) -> Request[Task | None]:
    """The query of a task by its id or by its draft's URL."""
    variables = {"id": task_id, "draftUrl": draft_url}
    return Request(FIND_GQL, variables, lambda data: Find.model_validate(data).video_task)


def tasks(
    filter_: VideoTaskFilter | None, order_by: VideoTaskOrder | None, first: int, after: str | None
) -> Request[ListVideoTasks]:
    """The query of a page of tasks."""
    variables = {"filter": filter_, "orderBy": order_by, "first": first, "after": after}
    return Request(LIST_GQL, variables, lambda data: List.model_validate(data).video_tasks)


def report(draft_url: str, replace: Sequence[ReplacementInput] | None) -> Request[Report]:
    """The query of what a render of a draft would lose."""
    variables: Json = {"draftUrl": draft_url, "replace": replace}
    return Request(DRAFT_REPORT_GQL, variables, lambda data: DraftReport.model_validate(data).draft_report)


class _Payload(Protocol):
    @property
    def task(self) -> Task | None: ...

    @property
    def errors(self) -> Sequence[Refusal]: ...


def _task(payload: _Payload) -> Task:
    """The task of a mutation. Raises `Refused`."""
    if payload.task is None:
        raise _refusal(payload.errors)
    return payload.task


def _refusal(errors: Sequence[Refusal]) -> Refused:
    return _refused([error.model_dump(mode="json", by_alias=True) for error in errors])


def body(document: str, variables: Json, locale: Locale) -> Json:
    """The JSON of a request. Variables without a value, and fields of inputs that were not set, are left out, so that
    servers of earlier releases take them.
    """
    given = {name: _plain(value) for name, value in variables.items() if value is not None}
    return {"query": document, "variables": {**given, "locale": locale} if "$locale" in document else given}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return [_plain(each) for each in cast("Sequence[Any]", value)] if isinstance(value, list | tuple) else value


def data_of(result: Json) -> Json:
    """The data of a GraphQL result. Raises `Refused`."""
    if result.get("errors"):
        raise _refused(result["errors"])
    data: Json = result["data"]
    return data


def draft_url_of(answer: Json) -> str:
    """The draft URL of an upload's answer. Raises `Refused`."""
    if "error" in answer:
        raise Refused(answer["error"]["code"], answer["error"]["details"], [answer["error"]])
    return str(answer["draft_url"])


def _refused(errors: list[Json]) -> Refused:
    first = errors[0]
    code: str = first.get("code") or first.get("extensions", {}).get("code", "INTERNAL")
    return Refused(code, str(first.get("message", "")), errors)
