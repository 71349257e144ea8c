"""A client of a running server's GraphQL API, for the command line."""

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import ClientSession
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportError, TransportQueryError, TransportServerError

from draftcast.cli.terminal import Exit, Stopped, invalid
from services.environment import KEY_VARIABLE, SERVER_VARIABLE
from services.output import STANDARD_OUTPUT, Output

RECONNECTS = 30
RECONNECT_SECONDS = 1.0
TIMEOUT_SECONDS = 30

_LISTED = """
fragment Listed on VideoTask {
  id draftUrl status stage progress seq attempt videoUrl createdAt startedAt completedAt updatedAt
  error { code message hint retryable }
}
"""
_TASK = (
    """
fragment Shown on VideoTask {
  ...Listed
  queuePosition estimatedCompletionAt
  warnings { code message segmentId }
  stages { stage done total unit }
}
"""
    + _LISTED
)
_SUBMIT = (
    """
mutation Submit($input: SubmitVideoTaskInput!) {
  submitVideoTask(input: $input) { task { ...Shown } errors { code message } }
}
"""
    + _TASK
)
_CANCEL = "mutation Cancel($id: ID!) { cancelVideoTask(id: $id) { task { ...Shown } errors { code message } } }" + _TASK
_RETRY = "mutation Retry($id: ID!) { retryVideoTask(id: $id) { task { ...Shown } errors { code message } } }" + _TASK
_FIND = "query Find($id: ID, $draftUrl: URL) { videoTask(id: $id, draftUrl: $draftUrl) { ...Shown } }" + _TASK
_BEGINNING = "query Beginning($search: String) { videoTasks(first: 100, filter: {search: $search}) { nodes { id } } }"
_NEWEST = (
    """
query Newest($first: Int, $filter: VideoTaskFilter) {
  videoTasks(first: $first, filter: $filter) { nodes { ...Listed } }
}
"""
    + _LISTED
)
_WATCH = (
    """
subscription Watch($id: ID!, $after: Int) {
  videoTaskProgress(id: $id, after: $after) { seq type status stage progress task { ...Shown } }
}
"""
    + _TASK
)

Json = dict[str, Any]


class ServerUnreachable(Stopped):
    """The server does not answer, or something else answers in its place."""

    def __init__(self, server: str, reason: str) -> None:
        hint = f"Start it with `make run`, or give its address: --server URL, or {SERVER_VARIABLE}."
        super().__init__("SERVER_UNREACHABLE", f"{server} does not answer: {reason}", hint, Exit.UNREACHABLE)


class ServerRefusal(Stopped):
    """The server refuses the request; `code` is an error code of the API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, _hint(code), Exit.REFUSED)


def _hint(code: str) -> str:
    known = os.environ.get(KEY_VARIABLE)
    unauthenticated = (
        f"The server does not know the key in {KEY_VARIABLE}, or it has expired; `draftcast keys list` there shows it."
        if known
        else f"Put your key into {KEY_VARIABLE}; the operator makes one with `draftcast keys create NAME`."
    )
    hints = {
        "UNAUTHENTICATED": unauthenticated,
        "FORBIDDEN": "The operator makes a key with the scope: `draftcast keys create NAME --scopes submit,read`.",
        "NOT_FOUND": "`draftcast tasks` lists the tasks that this key may see.",
        "QUEUE_FULL": "Try again when some of them are done; `draftcast tasks --status pending` lists them.",
    }
    return hints.get(code, "")


async def submit(
    server: str,
    draft_url: str,
    *,
    strict: bool = False,
    webhook_url: str | None = None,
    output: Output = STANDARD_OUTPUT,
) -> Json:
    """Submit a draft and return its task. Raises `ServerUnreachable`, `ServerRefusal`."""
    more: Json = {} if webhook_url is None else {"webhookUrl": webhook_url}
    if output != STANDARD_OUTPUT:  # servers of earlier releases do not know it
        more["output"] = {_camel_case(name): value for name, value in output.to_json().items()}
    return await _changed(server, _SUBMIT, {"input": {"draftUrl": draft_url, "strict": strict, **more}})


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
    nodes: list[Json] = (await ask(server, _NEWEST, {"first": first, "filter": wanted}))["videoTasks"]["nodes"]
    return nodes


async def find(server: str, named: str) -> Json:
    """The task of an id or of its beginning, or the newest of a draft URL. Raises as `submit` does, and `Stopped`."""
    by_url = "://" in named
    found: Json | None = (await ask(server, _FIND, {"draftUrl" if by_url else "id": named}))["videoTask"]
    if found is None and not by_url and (task_id := await _begins_with(server, named)):
        return await find(server, task_id)
    if found is None:
        raise ServerRefusal("NOT_FOUND", f"There is no task of {'this draft URL' if by_url else 'this id'}: {named}")
    return found


async def _begins_with(server: str, beginning: str) -> str | None:
    """The one id that begins so; None when there is none. Raises `Stopped` when there are several."""
    found = (await ask(server, _BEGINNING, {"search": beginning}))["videoTasks"]["nodes"]
    ids: list[str] = [task["id"] for task in found if task["id"].startswith(beginning)]
    if len(ids) > 1:
        raise invalid(f"{beginning} is the beginning of {len(ids)} ids: {', '.join(ids[:5])}")
    return ids[0] if ids else None


async def watch(server: str, task_id: str) -> AsyncGenerator[Json]:
    """The task's events as they come, across reconnects; ends with the final state. Raises as `submit` does."""
    after: int | None = None
    failures = 0
    while True:
        try:
            async for event in _events(server, {"id": task_id, "after": after}):
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
    (answer,) = (await ask(server, mutation, variables)).values()
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
        return ServerUnreachable(server, f"its address answers HTTP {error.code}, and is no draftcast")
    return ServerUnreachable(server, str(error) or type(error).__name__)
