"""The API of a running server for the tools of agents."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from draftcast.api.mcp.tools import Json, Request, build_server
from draftcast.cli import client, upload
from draftcast.cli.send import sent
from draftcast.cli.terminal import Stopped
from services.errors import DraftcastError

PICTURE_SECONDS = 30


def tool_server(server: str, ready: Callable[[], Awaitable[None]]) -> MCPServer[Any]:
    """The tools for a running server, which may be called once `ready` returns."""
    api = RemoteApi(server)

    async def api_of(_: Request) -> RemoteApi:
        await ready()
        return api

    async def send_path(path: str) -> str:
        await ready()
        with _as_tool_errors():
            return await asyncio.to_thread(sent, server, path, quiet=True)

    return build_server(api_of, send_path)


class RemoteApi:
    """The API of the server at an address, with the key of the environment."""

    def __init__(self, server: str) -> None:
        self._server = server

    async def ask(self, document: str, variables: Json) -> Json:
        """See `Api`."""
        with _as_tool_errors():
            return await client.ask(self._server, document, variables)

    async def watch(self, task_id: str) -> AsyncGenerator[Json]:
        """See `Api`; goes on across reconnects."""
        with _as_tool_errors():
            async with aclosing(client.watch(self._server, task_id)) as events:
                async for event in events:
                    yield event

    async def keep(self, name: str, archive: bytes) -> str:
        """See `Api`."""

        def chunks() -> Generator[bytes]:
            yield archive

        with _as_tool_errors():
            return await upload.send(self._server, name, chunks(), lambda _: None)

    async def picture(self, url: str) -> bytes:
        """See `Api`."""
        timeout = ClientTimeout(total=PICTURE_SECONDS)
        try:
            async with ClientSession(timeout=timeout, raise_for_status=True) as session, session.get(url) as answer:
                return await answer.read()
        except (ClientError, TimeoutError) as error:
            raise ToolError(f"The picture could not be fetched: {str(error) or type(error).__name__}") from error


@contextmanager
def _as_tool_errors() -> Generator[None]:
    try:
        yield
    except Stopped as error:
        raise ToolError(f"{error.code}: {error} {error.hint}".rstrip()) from error
    except (DraftcastError, OSError) as error:
        raise ToolError(str(error)) from error
