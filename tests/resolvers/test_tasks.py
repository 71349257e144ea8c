import asyncio
from pathlib import Path

from resolvers import tasks
from resolvers.context import Context
from services.compose import open_services
from services.settings import load
from services.store.records import PageRequest, Status, TaskRequest


def test_the_task_of_an_event_is_never_older_than_the_event(tmp_path: Path) -> None:
    async def look() -> None:
        async with open_services(load(data_dir=tmp_path), work=False) as services:
            context = Context(services)
            seen = (await tasks.submit(context, TaskRequest(draft_url="http://a.b/c"))).task
            await tasks.cancel(context, seen.id)
            page, task = await tasks.events(context, seen, PageRequest())
            assert page.events[-1].status is task.status is Status.CANCELED
            assert task.seq == page.events[-1].seq
            assert (await tasks.events(context, seen, PageRequest(first=1)))[1] is seen

    asyncio.run(look())
