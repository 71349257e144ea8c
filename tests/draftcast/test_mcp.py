"""Tools for agents, by the SDK's own client over both transports."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent, TextContent

from tests.support.drafts import DraftBuilder
from tests.support.keys import new_key
from tests.support.process import DRAFTCAST, environment, gated_exporter, served
from tests.support.programs import free_port
from tests.support.server import ROOT, Server

Json = dict[str, Any]
Connect = Callable[[], Any]
TOOLS = {
    *("submit", "report", "watch", "task", "tasks", "cancel", "retry", "picture", "frame", "contact_sheet", "upload"),
}
NEWEST = "{ videoTasks(first: 2) { nodes { output { format quality startMs } } } }"


@asynccontextmanager
async def over_http(server: Server, key: str = "") -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(folder: Path, **settings: str) -> AsyncGenerator[Client]:
    command, *arguments = DRAFTCAST
    program = StdioServerParameters(
        command=command, args=[*arguments, "mcp"], env=environment(folder, **settings), cwd=ROOT
    )
    async with Client(program) as client:
        yield client


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 120))


async def call(client: Client, tool: str, **arguments: Any) -> Json:
    """The structured result of a tool, which must not be an error."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    found: Json = answer.structured_content
    return found


def words(answer: CallToolResult) -> str:
    assert answer.is_error
    (text,) = answer.content
    assert isinstance(text, TextContent)
    return text.text


async def go_through_the_tools(client: Client, server: Server) -> None:
    """What an agent does with a draft, from its report to its picture."""
    assert {tool.name for tool in (await client.list_tools()).tools} >= TOOLS
    seen: list[tuple[float, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        assert total == 100
        seen.append((progress, message))

    task = await call(client, "submit", draft_url=server.draft_url())
    answer = await client.call_tool("watch", {"task_id": task["id"]}, progress_callback=on_progress)
    assert answer.structured_content is not None
    assert answer.structured_content["status"] == "COMPLETED"
    assert answer.structured_content["videoUrl"].endswith(".mp4")
    assert seen[-1] == (100, "DONE")
    listed = await call(client, "tasks", search=task["id"][:8])
    assert [each["id"] for each in listed["tasks"]] == [task["id"]]
    (picture,) = (await client.call_tool("picture", {"task_id": task["id"]})).content
    assert isinstance(picture, ImageContent)
    assert picture.mime_type == "image/jpeg"
    draft = {"draft_url": server.draft_url()}
    for tool, more in (("contact_sheet", {}), ("frame", {"seconds": 0.5})):
        (picture,) = (await client.call_tool(tool, {**draft, **more})).content
        assert isinstance(picture, ImageContent)
    asked = server.post("/graphql", {"query": NEWEST}).json["data"]["videoTasks"]["nodes"]
    assert [each["output"] for each in asked] == [
        {"format": "JPEG", "quality": "DRAFT", "startMs": 500},
        {"format": "CONTACT_SHEET", "quality": "STANDARD", "startMs": 0},
    ]
    assert "DRAFT_EMPTY" in words(await client.call_tool("frame", {"draft_url": server.draft_url("fail")}))
    assert "INVALID_STATE" in words(await client.call_tool("retry", {"task_id": task["id"]}))
    assert "NOT_FOUND" in words(await client.call_tool("task", {"task_id": "nothing"}))
    replace = [{"name": "guest", "text": "Ann"}]
    held = await call(client, "submit", draft_url=server.draft_url("hold"), replace=replace)
    stored = server.data("query($id: ID!) { videoTask(id: $id) { replace { name text } } }", id=held["id"])
    assert stored["videoTask"]["replace"] == replace
    assert (await call(client, "watch", task_id=held["id"], seconds=1))["status"] in ("PENDING", "PROCESSING")
    assert (await call(client, "cancel", task_id=held["id"]))["status"] == "CANCELED"


def test_an_agent_renders_over_http(server: Server) -> None:
    async def scenario() -> None:
        async with over_http(server) as client:
            await go_through_the_tools(client, server)

    run(scenario())


@pytest.mark.long
def test_an_agent_renders_over_stdio_by_a_running_server(server: Server, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with over_stdio(tmp_path, server=server.url) as client:
            await go_through_the_tools(client, server)

    run(scenario())


@pytest.mark.slow
def test_without_a_server_the_agents_own_one_is_started_and_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "draft").mkdir()
    draft = DraftBuilder(64, 36).text("Hello", 0, 100_000).json()
    (tmp_path / "draft" / "draft_content.json").write_text(draft)
    port = free_port()

    async def scenario() -> None:
        async with over_stdio(tmp_path, port=str(port), exporter=gated_exporter(tmp_path)) as client:
            sent = await call(client, "upload_path", path=str(tmp_path / "draft"))
            other = await call(client, "upload", content=json.loads(draft), name="hello")
            assert "name=hello" in other["draftUrl"]
            assert (await call(client, "report", draft_url=other["draftUrl"]))["renderable"]
            task = await call(client, "submit", draft_url=sent["draftUrl"])
            assert (await call(client, "watch", task_id=task["id"]))["status"] == "COMPLETED"
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)

    run(scenario())


def test_keys_and_scopes_are_those_of_the_api(tmp_path: Path) -> None:
    reader = new_key(tmp_path, "reader", "--scopes", "read")
    with served(tmp_path) as process:
        server = process.start()
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        for headers in ({}, {"Authorization": "Bearer dk_wrong"}):
            refused = server.post("/mcp", message, {"Accept": "application/json, text/event-stream", **headers})
            assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")

        async def scenario() -> None:
            async with over_http(server, reader) as client:
                assert await call(client, "tasks") == {"tasks": [], "totalCount": 0}
                writes: list[tuple[str, Json]] = [
                    ("submit", {"draft_url": "http://a.example/x"}),
                    ("upload", {"content": {}}),
                ]
                for tool, arguments in writes:
                    assert "FORBIDDEN" in words(await client.call_tool(tool, arguments))

        run(scenario())


def test_pages_from_elsewhere_and_other_methods_are_refused(server: Server) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert server.post("/mcp", message, {"Origin": "https://evil.example"}).status == 403
    answer = server.get(f"{server.url}/mcp")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
