"""What can be asked."""

from typing import Annotated

import strawberry

from resolvers import reports, tasks
from schema.described import about, described, plain
from schema.info import Info
from schema.inputs import VideoTaskFilter, VideoTaskOrder, given, page_request
from schema.report import DraftReport
from schema.scalars import URL
from schema.service import QueueStats, ServiceInfo
from schema.tasks import Node, VideoTask, VideoTaskConnection
from services.store.records import Order, TaskFilter


@described
@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    @plain
    async def node(
        self,
        info: Info,
        node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The node's id.")],
    ) -> Node | None:
        """Whatever has this id; null when the caller can see nothing of that id."""
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
            URL | None, about("The URL it was submitted with; the newest task of that URL is meant.")
        ] = strawberry.UNSET,
    ) -> VideoTask | None:
        """A task, by its id or by its draft URL; null when the caller can see none."""
        found = await tasks.task(info.context, given(task_id), given(draft_url))
        return VideoTask.of(found) if found else None

    @strawberry.field
    @plain
    async def video_tasks(
        self,
        info: Info,
        first: Annotated[int | None, about("How many from the beginning, at most 100; 20 without it.")] = (
            strawberry.UNSET
        ),
        after: Annotated[str | None, about("A cursor: only what comes after it.")] = strawberry.UNSET,
        last: Annotated[int | None, about("How many from the end, at most 100, instead of `first`.")] = (
            strawberry.UNSET
        ),
        before: Annotated[str | None, about("A cursor: only what comes before it.")] = strawberry.UNSET,
        wanted: Annotated[
            VideoTaskFilter | None, strawberry.argument(name="filter", description="Which tasks; all without it.")
        ] = strawberry.UNSET,
        order_by: Annotated[VideoTaskOrder | None, about("Newest first without it.")] = strawberry.UNSET,
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
        """How much waits and runs."""
        return QueueStats.of(await tasks.queue(info.context))

    @strawberry.field
    async def draft_report(
        self, info: Info, draft_url: Annotated[URL, about("The draft, as it would be submitted.")]
    ) -> DraftReport:
        """What a render of this draft would lose or lack. Its materials are fetched for that and looked into,
        for a minute at most; nothing is rendered or queued.
        """
        return DraftReport.of(await reports.report(info.context, draft_url))

    @strawberry.field
    def service(self, info: Info) -> ServiceInfo:
        """What this server is made of."""
        return ServiceInfo.of(info.context.services)
