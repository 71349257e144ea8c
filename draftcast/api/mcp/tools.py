"""The tools of agents. Each sends documents of the GraphQL API: its keys, scopes and limits apply."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from importlib.metadata import version
from typing import Annotated, Any, Literal, Protocol, TypeAlias

from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.ai_label import AiContent
from services.drafts.locate import DRAFT_NAMES
from services.output import OutputFormat, Quality

Json: TypeAlias = dict[str, Any]
Request: TypeAlias = Context[Any, Any]
Status: TypeAlias = Literal["PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELED"]

INSTRUCTIONS = (
    "Renders drafts of CapCut and JianYing to MP4 videos. The usual way: `upload` a draft, or take its http(s) URL; "
    "`report` says what a render would lose; `submit` queues a render and returns a task; `watch` follows it to its "
    "end, with progress; its `videoUrl` is the video. A failed task has an `error` with a `hint`; `retry` it only when "
    "it is `retryable`."
)
LONGEST_WATCH_SECONDS = 3600
PICTURE_SECONDS = 300
"""Longest wait for a picture that is rendered."""
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
_ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

_TASK = """
fragment Task on VideoTask {
  id draftUrl status stage progress attempt queuePosition estimatedCompletionAt videoUrl thumbnailUrl previewUrl
  streamUrl createdAt startedAt completedAt
  warnings { code message startSeconds endSeconds track } error { code message hint retryable }
}
"""
FIND = "query Find($id: ID!) { videoTask(id: $id) { ...Task } }" + _TASK
SUBMIT = (
    """
mutation Submit($input: SubmitVideoTaskInput!) {
  submitVideoTask(input: $input) { task { ...Task } errors { code message } }
}
"""
    + _TASK
)
CANCEL = "mutation Cancel($id: ID!) { cancelVideoTask(id: $id) { task { ...Task } errors { code message } } }" + _TASK
RETRY = "mutation Retry($id: ID!) { retryVideoTask(id: $id) { task { ...Task } errors { code message } } }" + _TASK
LIST = """
query List($first: Int, $filter: VideoTaskFilter) {
  videoTasks(first: $first, filter: $filter) {
    totalCount
    nodes { id draftUrl status stage progress videoUrl createdAt completedAt error { code message hint retryable } }
  }
}
"""
REPORT = """
query Report($draftUrl: URL!, $replace: [ReplacementInput!]) {
  draftReport(draftUrl: $draftUrl, replace: $replace) {
    renderable width height durationSeconds frameRate tracks segments materials
    exactLooks nearLooks leftOutLooks designedSeconds
    placeholders missingPlaceholders unknownReplacements
    warnings { code message startSeconds endSeconds track materialName } error { code message hint }
  }
}
"""
WATCH = "subscription Watch($id: ID!) { videoTaskProgress(id: $id) { status stage progress } }"

TaskId = Annotated[str, Field(description="The task's id.")]
DraftUrl = Annotated[str, Field(description="The http(s) URL of the draft, or what `upload` returned.")]


class WantedLabel(BaseModel):
    """The label of AI-generated content by GB 45438-2025."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    content: AiContent | None = None
    content_producer: Annotated[str, Field(description="The service that generated the content.")]
    produce_id: Annotated[str | None, Field(description="Its number of the content; the task's id without it.")] = None
    reserved_code1: str | None = None
    content_propagator: str | None = None
    propagate_id: str | None = None
    reserved_code2: str | None = None
    mark: Annotated[bool | None, Field(description="Show AI生成 in the first three seconds.")] = None


class WantedOutput(BaseModel):
    """The requested file; what is missing is as in the draft."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    format: OutputFormat | None = None
    quality: Quality | None = None
    short_side: Annotated[int | None, Field(description="The picture's shorter side in pixels.")] = None
    scale: Annotated[float | None, Field(description="As a factor of the canvas; not with shortSide.")] = None
    frame_rate: float | None = None
    start_ms: Annotated[int | None, Field(description="The beginning, in milliseconds of the draft.")] = None
    end_ms: Annotated[int | None, Field(description="The end, in milliseconds of the draft.")] = None
    sound: bool | None = None
    ai_label: WantedLabel | None = None


class WantedReplacement(BaseModel):
    """New content of a part of the draft: a text or the URL of a file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(description="A {{placeholder}} of captions, a segment's or material's id, or a material's name.")
    ]
    text: str | None = None
    url: str | None = None


Replace = Annotated[list[WantedReplacement] | None, Field(description="New texts and files for parts of the draft.")]


class Api(Protocol):
    """The API as a tool reaches it: in this process, or a server's over HTTP. Errors are `ToolError`s."""

    async def ask(self, document: str, variables: Json) -> Json:
        """The data of a query or mutation."""
        ...

    def watch(self, task_id: str) -> AsyncGenerator[Json]:
        """The events of a task to its end: `status`, `stage` and `progress`."""
        ...

    async def keep(self, name: str, archive: bytes) -> str:
        """Upload a draft's zip; returns its draft URL."""
        ...

    async def picture(self, url: str) -> bytes:
        """The JPEG at an address of a task."""
        ...


class Tools:
    """The tools; `api_of` gives the API on behalf of a request's caller."""

    def __init__(self, api_of: Callable[[Request], Awaitable[Api]]) -> None:
        self._api_of = api_of

    async def submit(
        self,
        draft_url: DraftUrl,
        context: Request,
        strict: Annotated[bool, Field(description="Fail at the first thing that cannot be drawn as designed.")] = False,
        output: Annotated[
            WantedOutput | None, Field(description="The file; an MP4 of the whole draft without it.")
        ] = None,
        replace: Replace = None,
    ) -> Json:
        """Queue a render of a draft and return its task at once; `watch` follows it. An active task of the same URL,
        output and replacements is returned instead of a second one.
        """
        wanted: Json = {"draftUrl": draft_url, "strict": strict}
        if output is not None:
            wanted["output"] = output.model_dump(mode="json", by_alias=True, exclude_none=True)
        return await self._changed(context, SUBMIT, {"input": {**wanted, **_replacing(replace)}})

    async def report(self, draft_url: DraftUrl, context: Request, replace: Replace = None) -> Json:
        """Say what a render of a draft would lose, without rendering it: size, duration, placeholders, warnings, and
        the error if there would be no video.
        """
        found: Json = (await self._ask(context, REPORT, {"draftUrl": draft_url, **_replacing(replace)}))["draftReport"]
        return found

    async def watch(
        self,
        task_id: TaskId,
        context: Request,
        seconds: Annotated[int, Field(ge=1, le=LONGEST_WATCH_SECONDS, description="Longest wait.")] = 600,
    ) -> Json:
        """Follow a task to its end, with progress notifications, and return it: with a `videoUrl` when it is COMPLETED,
        an `error` when it FAILED. After `seconds` the task is returned as it is; call again to go on.
        """
        api = await self._api_of(context)
        try:
            async with asyncio.timeout(seconds), aclosing(api.watch(task_id)) as events:
                async for event in events:
                    await context.report_progress(event["progress"], 100, event["stage"])
        except TimeoutError:
            pass
        return await self.task(task_id, context)

    async def task(self, task_id: TaskId, context: Request) -> Json:
        """The present state of a task."""
        found: Json | None = (await self._ask(context, FIND, {"id": task_id}))["videoTask"]
        if found is None:
            raise ToolError(f"NOT_FOUND: there is no task of the id {task_id}; `tasks` lists them.")
        return found

    async def tasks(
        self,
        context: Request,
        status: Annotated[list[Status] | None, Field(description="Only tasks of these statuses.")] = None,
        search: Annotated[str | None, Field(description="A part of the draft URL, or the beginning of an id.")] = None,
        first: Annotated[int, Field(ge=1, le=100, description="How many, the newest first.")] = 20,
    ) -> Json:
        """List the newest tasks."""
        wanted = {name: value for name, value in (("status", status), ("search", search)) if value}
        found = (await self._ask(context, LIST, {"first": first, "filter": wanted}))["videoTasks"]
        return {"tasks": found["nodes"], "totalCount": found["totalCount"]}

    async def cancel(self, task_id: TaskId, context: Request) -> Json:
        """Cancel a task that waits or runs."""
        return await self._changed(context, CANCEL, {"id": task_id})

    async def retry(self, task_id: TaskId, context: Request) -> Json:
        """Put a failed or canceled task into the queue again; of use when its error is `retryable`."""
        return await self._changed(context, RETRY, {"id": task_id})

    async def picture(self, task_id: TaskId, context: Request) -> Image:
        """A picture of a task's video: its poster, or the newest frame while it is rendered."""
        task = await self.task(task_id, context)
        url = task["thumbnailUrl"] or task["previewUrl"]
        if url is None:
            raise ToolError("There is no picture yet; `watch` the task and ask again.")
        return Image(data=await (await self._api_of(context)).picture(url), format="jpeg")

    async def frame(
        self,
        draft_url: DraftUrl,
        context: Request,
        seconds: Annotated[float, Field(ge=0, description="The time in the draft.")] = 0.0,
    ) -> Image:
        """One frame of a draft, drawn as a render draws it, at half its size; look before rendering the whole."""
        wanted = WantedOutput(format=OutputFormat.JPEG, quality=Quality.DRAFT, start_ms=round(seconds * 1000))
        return await self._drawn(context, draft_url, wanted)

    async def contact_sheet(self, draft_url: DraftUrl, context: Request) -> Image:
        """Twelve frames of a draft on one sheet, evenly spaced, drawn as a render draws them."""
        return await self._drawn(context, draft_url, WantedOutput(format=OutputFormat.CONTACT_SHEET))

    async def _drawn(self, context: Request, draft_url: str, output: WantedOutput) -> Image:
        """The picture that a task makes. Raises `ToolError` when there is none."""
        task = await self.submit(draft_url, context, output=output)
        ended = await self.watch(task["id"], context, PICTURE_SECONDS)
        if error := ended["error"]:
            raise ToolError(f"{error['code']}: {error['message']} {error['hint'] or ''}".rstrip())
        if ended["videoUrl"] is None:
            raise ToolError(f"The picture is not ready; `watch` the task {task['id']}: its `videoUrl` is the picture.")
        return Image(data=await (await self._api_of(context)).picture(ended["videoUrl"]), format="jpeg")

    async def upload(
        self,
        content: Annotated[Json, Field(description="The content of draft_content.json; materials have http(s) URLs.")],
        context: Request,
        name: Annotated[str, Field(max_length=100, description="A name for people.")] = "",
    ) -> Json:
        """Upload a draft whose materials are at http(s) addresses; returns the `draftUrl` for `submit` and `report`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(DRAFT_NAMES[0], json.dumps(content))
        return {"draftUrl": await (await self._api_of(context)).keep(name, archive.getvalue())}

    async def _ask(self, context: Request, document: str, variables: Json) -> Json:
        return await (await self._api_of(context)).ask(document, variables)

    async def _changed(self, context: Request, document: str, variables: Json) -> Json:
        (answer,) = (await self._ask(context, document, variables)).values()
        if answer["errors"]:
            raise ToolError("; ".join(f"{each['code']}: {each['message']}" for each in answer["errors"]))
        task: Json = answer["task"]
        return task


def _replacing(given: list[WantedReplacement] | None) -> Json:
    """The argument `replace`, where it is given: a server of an earlier release does not know it."""
    return {} if given is None else {"replace": [each.model_dump(exclude_none=True) for each in given]}


def build_server(
    api_of: Callable[[Request], Awaitable[Api]], send_path: Callable[[str], Awaitable[str]] | None = None
) -> MCPServer[Any]:
    """The server with its tools. `send_path` uploads a draft of this machine, where agents may name paths."""
    server: MCPServer[Any] = MCPServer("draftcast", instructions=INSTRUCTIONS, version=version("draftcast"))
    tools = Tools(api_of)
    for reads in (tools.report, tools.watch, tools.task, tools.tasks):
        server.add_tool(reads, annotations=_READS)
    server.add_tool(tools.picture, annotations=_READS, structured_output=False)
    for draws in (tools.frame, tools.contact_sheet):
        server.add_tool(draws, annotations=_CHANGES, structured_output=False)
    for changes in (tools.submit, tools.retry, tools.upload):
        server.add_tool(changes, annotations=_CHANGES)
    server.add_tool(tools.cancel, annotations=_ENDS)
    if send_path is not None:
        server.add_tool(_upload_path(send_path), annotations=_CHANGES)
    return server


def _upload_path(send_path: Callable[[str], Awaitable[str]]) -> Callable[..., Awaitable[Json]]:
    async def upload_path(
        path: Annotated[str, Field(description="A draft's folder, zip or draft_content.json on this machine.")],
    ) -> Json:
        """Upload a draft of this machine with the files that it names; returns the `draftUrl` for `submit`."""
        return {"draftUrl": await send_path(path)}

    return upload_path
