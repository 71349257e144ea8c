"""The API of a running server, for the command line."""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from pydantic import BaseModel

from draftcast.cli.terminal import Exit, Stopped, invalid, is_chinese, spoken
from draftcast_client import (
    AsyncDraftcast,
    Locale,
    Refused,
    ReplacementInput,
    SubmitVideoTaskInput,
    Unreachable,
    VideoOutputInput,
    VideoTaskFilter,
    VideoTaskStatus,
)
from services.environment import KEY_VARIABLE, SERVER_VARIABLE
from services.errors import Bilingual
from services.output import STANDARD_OUTPUT, Output
from services.replacements import Replacements

_CONNECTIONS = """
query Connections($first: Int!) {
  connections(first: $first) { id transport owner address since subscriptions waiting }
}
"""
_END_CONNECTION = """
mutation EndConnection($id: ID!, $locale: Locale) {
  endConnection(id: $id) { errors { code message(locale: $locale) } }
}
"""
Json = dict[str, Any]
MOST_OF_A_BEGINNING = 100


class ServerUnreachable(Stopped):
    """The server does not answer, or something else answers in its place."""

    def __init__(self, server: str, error: Unreachable) -> None:
        reason = Bilingual(str(error), str(error))
        if error.status is not None:
            reason = Bilingual(
                f"its address answers HTTP {error.status}, and is no draftcast",
                f"该地址返回 HTTP {error.status}，不是 draftcast",
            )
        message = Bilingual(f"{server} does not answer: {reason.en}", f"{server} 没有响应：{reason.zh}")
        hint = Bilingual(
            f"Start it with `make run`, or give its address: --server URL, or {SERVER_VARIABLE}.",
            f"请用 `make run` 启动服务器，或用 --server URL 或 {SERVER_VARIABLE} 指定地址。",
        )
        super().__init__("SERVER_UNREACHABLE", spoken(message), spoken(hint), Exit.UNREACHABLE)


class ServerRefusal(Stopped):
    """The server refuses the request; `code` is an error code of the API."""

    def __init__(self, code: str, message: str) -> None:
        hint = spoken(_UNKNOWN_KEY) if code == "UNAUTHENTICATED" and os.environ.get(KEY_VARIABLE) else _hint(code)
        super().__init__(code, message, hint, Exit.REFUSED)


_UNKNOWN_KEY = Bilingual(
    f"The server does not know the key in {KEY_VARIABLE}, or it has expired; `draftcast keys list` there shows it.",
    f"服务器不认识 {KEY_VARIABLE} 中的密钥，或密钥已过期；在服务器上运行 `draftcast keys list` 可以查看。",
)
_OPEN_ONES = Bilingual(
    "`draftcast connections list` shows the open ones.", "`draftcast connections list` 列出打开的连接。"
)
_HINTS = {
    "UNAUTHENTICATED": Bilingual(
        f"Put your key into {KEY_VARIABLE}; the operator makes one with `draftcast keys create NAME`.",
        f"请把密钥放入 {KEY_VARIABLE}；管理员用 `draftcast keys create NAME` 创建密钥。",
    ),
    "FORBIDDEN": Bilingual(
        "The operator makes a key with the scope: `draftcast keys create NAME --scopes submit,read`.",
        "请管理员创建有此权限的密钥：`draftcast keys create NAME --scopes submit,read`。",
    ),
    "NOT_FOUND": Bilingual(
        "`draftcast tasks` lists the tasks that this key may see.", "`draftcast tasks` 列出此密钥可见的任务。"
    ),
    "QUEUE_FULL": Bilingual(
        "Try again when some of them are done; `draftcast tasks --status pending` lists them.",
        "请等部分任务完成后再试；`draftcast tasks --status pending` 列出排队的任务。",
    ),
}


def _hint(code: str) -> str:
    return spoken(_HINTS[code]) if code in _HINTS else ""


@asynccontextmanager
async def connected(server: str) -> AsyncGenerator[AsyncDraftcast]:
    """The server's API, with the key of the environment and in the language of people here. Raises `ServerUnreachable`
    and `ServerRefusal`.
    """
    locale: Locale = "ZH" if is_chinese() else "EN"
    try:
        async with AsyncDraftcast(server, key=os.environ.get(KEY_VARIABLE), locale=locale) as api:
            yield api
    except Unreachable as error:
        raise ServerUnreachable(server, error) from error
    except Refused as error:
        raise ServerRefusal(error.code, str(error)) from error


def _json(found: BaseModel) -> Json:
    """A record with the names of the API."""
    return found.model_dump(mode="json", by_alias=True)


async def submit(
    server: str,
    draft_url: str,
    *,
    strict: bool = False,
    webhook_url: str | None = None,
    output: Output = STANDARD_OUTPUT,
    replacements: Replacements = (),
) -> Json:
    """Submit a draft and return its task. Raises as `connected` does."""
    wanted = SubmitVideoTaskInput(draft_url=draft_url, strict=strict)
    if webhook_url is not None:
        wanted.webhook_url = webhook_url
    if output != STANDARD_OUTPUT:  # servers of earlier releases do not know it
        wanted.output = VideoOutputInput.model_validate(output.to_json())
    if replacements:
        wanted.replace = [ReplacementInput.model_validate(each.to_json()) for each in replacements]
    async with connected(server) as api:
        return _json(await api.submit(wanted))


async def cancel(server: str, task_id: str) -> Json:
    """Cancel a task and return it. Raises as `connected` does."""
    async with connected(server) as api:
        return _json(await api.cancel(task_id))


async def retry(server: str, task_id: str) -> Json:
    """Queue a failed or canceled task again and return it. Raises as `connected` does."""
    async with connected(server) as api:
        return _json(await api.retry(task_id))


async def newest(server: str, first: int, statuses: list[str]) -> list[Json]:
    """The newest tasks, 100 at most, of these statuses or of all. Raises as `connected` does."""
    wanted = VideoTaskFilter(status=[VideoTaskStatus(each) for each in statuses]) if statuses else None
    async with connected(server) as api:
        return [_json(task) for task in (await api.tasks(wanted, first=first)).nodes]


async def find(server: str, named: str) -> Json:
    """The task of an id or of its beginning, or the newest of a draft URL. Raises as `connected` does, and `Stopped`
    for a beginning of several.
    """
    by_url = "://" in named
    async with connected(server) as api:
        found = await (api.find(draft_url=named) if by_url else api.find(named))
        if found is None and not by_url and (task_id := await _begins_with(api, named)):
            found = await api.find(task_id)
    if found is None:
        raise ServerRefusal("NOT_FOUND", spoken(_no_task(named, by_url=by_url)))
    return _json(found)


def _no_task(named: str, *, by_url: bool) -> Bilingual:
    what, what_zh = ("this draft URL", "此草稿 URL") if by_url else ("this id", "此 ID")
    return Bilingual(f"There is no task of {what}: {named}", f"没有{what_zh} 的任务：{named}")


async def _begins_with(api: AsyncDraftcast, beginning: str) -> str | None:
    """The one id that begins so; None when there is none. Raises `Stopped` when there are several."""
    found = (await api.tasks(VideoTaskFilter(search=beginning), first=MOST_OF_A_BEGINNING)).nodes
    ids = [task.id for task in found if task.id.startswith(beginning)]
    if len(ids) > 1:
        some = ", ".join(ids[:5])
        several = Bilingual(
            f"{beginning} is the beginning of {len(ids)} ids: {some}", f"{beginning} 是 {len(ids)} 个 ID 的开头：{some}"
        )
        raise invalid(spoken(several))
    return ids[0] if ids else None


async def watch(server: str, task_id: str) -> AsyncGenerator[Json]:
    """The task's events as they come, across reconnects; ends with the final state. Raises as `connected` does."""
    async with connected(server) as api, aclosing(api.watch(task_id)) as events:
        async for event in events:
            yield _json(event)


async def connections(server: str, first: int) -> list[Json]:
    """The open connections of a server, 100 at most. Raises as `connected` does."""
    found: list[Json] = (await ask(server, _CONNECTIONS, {"first": first}))["connections"]
    return found


async def end_connection(server: str, connection_id: str) -> None:
    """End a connection. Raises as `connected` does."""
    language = "ZH" if is_chinese() else "EN"
    answer = (await ask(server, _END_CONNECTION, {"id": connection_id, "locale": language}))["endConnection"]
    for error in answer["errors"]:
        refusal = ServerRefusal(error["code"], error["message"])
        if refusal.code == "NOT_FOUND":
            refusal.hint = spoken(_OPEN_ONES)
        raise refusal


async def ask(server: str, document: str, variables: Json) -> Json:
    """The data of a query or mutation. Raises as `connected` does."""
    async with connected(server) as api:
        return await api.execute(document, variables)
