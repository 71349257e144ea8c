"""The queries."""

from typing import Annotated

import strawberry

from resolvers import connections, reports, tasks
from schema.connections import OpenConnection
from schema.described import about, described, plain
from schema.info import Info
from schema.inputs import ReplacementInput, VideoTaskFilter, VideoTaskOrder, given, page_request, replacements
from schema.report import DraftReport
from schema.scalars import URL
from schema.service import QueueStats, ServiceInfo
from schema.tasks import Node, VideoTask, VideoTaskConnection
from services.store.pages import DEFAULT_PAGE_SIZE
from services.store.records import Order, TaskFilter


@described
@strawberry.type
class Query:
    """Queries of tasks, drafts and the server."""

    @strawberry.field
    @plain
    async def node(
        self,
        info: Info,
        node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The node's id.")],
    ) -> Node | None:
        """The object of this id; null when there is none that the caller can see."""
        found = await tasks.task(info.context, node_id)
        return VideoTask.of(found) if found else None

    @strawberry.field
    @plain
    async def video_task(
        self,
        info: Info,
        task_id: Annotated[strawberry.ID | None, strawberry.argument(name="id", description="The task's id.")] = (
            strawberry.UNSET
        ),
        draft_url: Annotated[
            URL | None, about("The URL of its draft; of several tasks the newest is returned.")
        ] = strawberry.UNSET,
    ) -> VideoTask | None:
        """A task by its id or draft URL; null when there is none that the caller can see."""
        found = await tasks.task(info.context, given(task_id), given(draft_url))
        return VideoTask.of(found) if found else None

    @strawberry.field
    @plain
    async def video_tasks(
        self,
        info: Info,
        first: Annotated[int | None, about("Number of tasks from the beginning, at most 100; 20 by default.")] = (
            strawberry.UNSET
        ),
        after: Annotated[str | None, about("A cursor: only tasks after it.")] = strawberry.UNSET,
        last: Annotated[int | None, about("Number of tasks from the end, at most 100, instead of `first`.")] = (
            strawberry.UNSET
        ),
        before: Annotated[str | None, about("A cursor: only tasks before it.")] = strawberry.UNSET,
        wanted: Annotated[
            VideoTaskFilter | None,
            strawberry.argument(name="filter", description="The tasks; all by default."),
        ] = strawberry.UNSET,
        order_by: Annotated[VideoTaskOrder | None, about("Newest first by default.")] = strawberry.UNSET,
    ) -> VideoTaskConnection:
        """The caller's tasks in pages, forwards or backwards."""
        chosen, order = given(wanted), given(order_by)
        page = await tasks.tasks(
            info.context,
            chosen.wanted() if chosen else TaskFilter(),
            order.wanted() if order else Order(),
            page_request(first, after, last, before),
        )
        return VideoTaskConnection.of(page)

    @strawberry.field
    @plain
    async def queue(self, info: Info) -> QueueStats:
        """The waiting and running tasks of the caller."""
        return QueueStats.of(await tasks.queue(info.context))

    @strawberry.field
    async def draft_report(
        self,
        info: Info,
        draft_url: Annotated[URL, about("The draft's URL, as for a submit.")],
        replace: Annotated[list[ReplacementInput] | None, about("New texts and files, as for a submit.")] = (
            strawberry.UNSET
        ),
    ) -> DraftReport:
        """The size, warnings and error that a render of this draft would have. Its materials are fetched and examined
        for at most a minute; nothing is rendered or queued.
        """
        return DraftReport.of(await reports.report(info.context, draft_url, replacements(replace)))

    @strawberry.field
    async def connections(
        self, info: Info, first: Annotated[int, about("Number of connections, at most 100.")] = DEFAULT_PAGE_SIZE
    ) -> list[OpenConnection]:
        """The open connections of all owners and processes, those with the most waiting messages first, then the
        oldest. Needs the scope admin.
        """
        return [OpenConnection.of(each) for each in await connections.connections(info.context, first)]

    @strawberry.field
    def service(self, info: Info) -> ServiceInfo:
        """The server."""
        return ServiceInfo.of(info.context.services)
