"""A client of a running server's GraphQL API, for the command line."""

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import Any, cast

from aiohttp import ClientSession
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportError, TransportQueryError, TransportServerError

from draftcast.cli.terminal import Exit, Stopped, invalid, is_chinese, spoken
from services.environment import KEY_VARIABLE, SERVER_VARIABLE
from services.errors import Bilingual
from services.output import STANDARD_OUTPUT, Output
from services.replacements import Replacements

RECONNECTS = 30
RECONNECT_SECONDS = 1.0
TIMEOUT_SECONDS = 30

_LISTED = """
fragment Listed on VideoTask {
  id draftUrl status stage progress seq attempt videoUrl createdAt startedAt completedAt updatedAt
  error { code message(locale: $locale) hint(locale: $locale) retryable }
}
"""
_TASK = (
    """
fragment Shown on VideoTask {
  ...Listed
  queuePosition estimatedCompletionAt
  warnings { code message(locale: $locale) segmentId startSeconds endSeconds track }
  stages { stage done total unit }
}
"""
    + _LISTED
)
_SUBMIT = (
    """
mutation Submit($input: SubmitVideoTaskInput!, $locale: Locale) {
  submitVideoTask(input: $input) { task { ...Shown } errors { code message(locale: $locale) } }
}
"""
    + _TASK
)
_CANCEL = (
    """
mutation Cancel($id: ID!, $locale: Locale) {
  cancelVideoTask(id: $id) { task { ...Shown } errors { code message(locale: $locale) } }
}
"""
    + _TASK
)
_RETRY = (
    """
mutation Retry($id: ID!, $locale: Locale) {
  retryVideoTask(id: $id) { task { ...Shown } errors { code message(locale: $locale) } }
}
"""
    + _TASK
)
_FIND = (
    """
query Find($id: ID, $draftUrl: URL, $locale: Locale) {
  videoTask(id: $id, draftUrl: $draftUrl) { ...Shown }
}
"""
    + _TASK
)
_BEGINNING = "query Beginning($search: String) { videoTasks(first: 100, filter: {search: $search}) { nodes { id } } }"
_NEWEST = (
    """
query Newest($first: Int, $filter: VideoTaskFilter, $locale: Locale) {
  videoTasks(first: $first, filter: $filter) { nodes { ...Listed } }
}
"""
    + _LISTED
)
_WATCH = (
    """
subscription Watch($id: ID!, $after: Int, $locale: Locale) {
  videoTaskProgress(id: $id, after: $after) { seq type status stage progress task { ...Shown } }
}
"""
    + _TASK
)

Json = dict[str, Any]


class ServerUnreachable(Stopped):
    """The server does not answer, or something else answers in its place."""

    def __init__(self, server: str, reason: Bilingual) -> None:
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


async def submit(
    server: str,
    draft_url: str,
    *,
    strict: bool = False,
    webhook_url: str | None = None,
    output: Output = STANDARD_OUTPUT,
    replacements: Replacements = (),
) -> Json:
    """Submit a draft and return its task. Raises `ServerUnreachable`, `ServerRefusal`."""
    more: Json = {} if webhook_url is None else {"webhookUrl": webhook_url}
    if output != STANDARD_OUTPUT:  # servers of earlier releases do not know it
        more["output"] = _camel_cased(output.to_json())
    if replacements:
        more["replace"] = [each.to_json() for each in replacements]
    return await _changed(server, _SUBMIT, {"input": {"draftUrl": draft_url, "strict": strict, **more}})


def _locale() -> Json:
    """The variable of the language in which people here read messages."""
    return {"locale": "ZH" if is_chinese() else "EN"}


def _camel_cased(values: Json) -> Json:
    inner = {name: _camel_cased(cast("Json", value)) for name, value in values.items() if isinstance(value, dict)}
    return {_camel_case(name): value for name, value in (values | inner).items()}


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


async def cancel(server: str, task_id: str) -> Json:
    """Cancel a task and return it. Raises as `submit` does."""
    return await _changed(server, _CANCEL, {"id": task_id})


async def retry(server: str, task_id: str) -> Json:
    """Queue a failed or canceled task again and return it. Raises as `submit` does."""
    return await _changed(server, _RETRY, {"id": task_id})


async def newest(server: str, first: int, statuses: list[str]) -> list[Json]:
    """The newest tasks, 100 at most, of these statuses or of all. Raises as `submit` does."""
    wanted = {"status": statuses} if statuses else None
    nodes: list[Json] = (await ask(server, _NEWEST, {"first": first, "filter": wanted, **_locale()}))["videoTasks"][
        "nodes"
    ]
    return nodes


async def find(server: str, named: str) -> Json:
    """The task of an id or of its beginning, or the newest of a draft URL. Raises as `submit` does, and `Stopped`."""
    by_url = "://" in named
    found: Json | None = (await ask(server, _FIND, {"draftUrl" if by_url else "id": named, **_locale()}))["videoTask"]
    if found is None and not by_url and (task_id := await _begins_with(server, named)):
        return await find(server, task_id)
    if found is None:
        raise ServerRefusal("NOT_FOUND", spoken(_no_task(named, by_url=by_url)))
    return found


def _no_task(named: str, *, by_url: bool) -> Bilingual:
    what, what_zh = ("this draft URL", "此草稿 URL") if by_url else ("this id", "此 ID")
    return Bilingual(f"There is no task of {what}: {named}", f"没有{what_zh} 的任务：{named}")


async def _begins_with(server: str, beginning: str) -> str | None:
    """The one id that begins so; None when there is none. Raises `Stopped` when there are several."""
    found = (await ask(server, _BEGINNING, {"search": beginning}))["videoTasks"]["nodes"]
    ids: list[str] = [task["id"] for task in found if task["id"].startswith(beginning)]
    if len(ids) > 1:
        some = ", ".join(ids[:5])
        several = Bilingual(
            f"{beginning} is the beginning of {len(ids)} ids: {some}", f"{beginning} 是 {len(ids)} 个 ID 的开头：{some}"
        )
        raise invalid(spoken(several))
    return ids[0] if ids else None


async def watch(server: str, task_id: str) -> AsyncGenerator[Json]:
    """The task's events as they come, across reconnects; ends with the final state. Raises as `submit` does."""
    after: int | None = None
    failures = 0
    while True:
        try:
            async for event in _events(server, {"id": task_id, "after": after, **_locale()}):
                failures, after = 0, event["seq"]
                yield event
        except TransportQueryError as error:
            raise _refusal(error) from error
        except (TransportError, OSError, TimeoutError) as error:
            failures += 1
            if failures > RECONNECTS or (after is None and failures > 1):
                raise unreachable(server, error) from error
            await asyncio.sleep(RECONNECT_SECONDS)
        else:
            return


async def _events(server: str, variables: Json) -> AsyncGenerator[Json]:
    async with ClientSession() as connections:  # our own: the transport does not close one that could not connect
        transport = AIOHTTPWebsocketsTransport(
            url=f"ws{server.removeprefix('http')}/graphql",
            subprotocols=[AIOHTTPWebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            connect_timeout=TIMEOUT_SECONDS,
            init_payload=bearer(),
            session=connections,
        )
        async with Client(transport=transport) as session:
            request = gql(_WATCH)
            request.variable_values = variables
            async for result in session.subscribe(request):
                yield result["videoTaskProgress"]


async def _changed(server: str, mutation: str, variables: Json) -> Json:
    (answer,) = (await ask(server, mutation, {**variables, **_locale()})).values()
    if answer["errors"]:
        first = answer["errors"][0]
        raise ServerRefusal(first["code"], first["message"])
    task: Json = answer["task"]
    return task


async def ask(server: str, document: str, variables: Json) -> Json:
    """The data of a query or mutation. Raises as `submit` does."""
    transport = AIOHTTPTransport(url=f"{server}/graphql", timeout=TIMEOUT_SECONDS, headers=bearer())
    try:
        async with Client(transport=transport) as session:
            request = gql(document)
            request.variable_values = variables
            data: Json = await session.execute(request)
            return data
    except TransportQueryError as error:
        raise _refusal(error) from error
    except (TransportError, OSError, TimeoutError) as error:
        raise unreachable(server, error) from error


def bearer() -> dict[str, str]:
    """The Authorization header, if there is a key; connection_init has the same form."""
    key = os.environ.get(KEY_VARIABLE)
    return {"Authorization": f"Bearer {key}"} if key else {}


def _refusal(error: TransportQueryError) -> ServerRefusal:
    first: Json = error.errors[0] if error.errors else {}
    code: str = first.get("extensions", {}).get("code", "INTERNAL")
    return ServerRefusal(code, str(first.get("message", error)))


def unreachable(server: str, error: Exception) -> ServerUnreachable:
    """The error of a failed connection."""
    if isinstance(error, TransportServerError) and error.code:
        return ServerUnreachable(
            server,
            Bilingual(
                f"its address answers HTTP {error.code}, and is no draftcast",
                f"该地址返回 HTTP {error.code}，不是 draftcast",
            ),
        )
    reason = str(error) or type(error).__name__
    return ServerUnreachable(server, Bilingual(reason, reason))
