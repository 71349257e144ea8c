"""Back-pressure, and whether everybody gets everything."""

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from websockets.asyncio.client import ClientConnection

from tests.audit.clients import (
    crowd,
    entered,
    expected,
    joined,
    listening,
    offered,
    reset,
    size,
    subscribed,
)
from tests.audit.target import Target, Topic

LARGE_ITEM_BYTES = 100_000
RUNS = 12


def test_a_first_subscriber_that_reads_late_misses_nothing_and_delays_nobody(target: Target) -> None:
    topic = target.topic(LARGE_ITEM_BYTES)
    with entered(target) as slow, entered(target) as quick:
        subscribed(slow, topic.watch(), "1")  # nothing is read, not even its snapshot
        first = topic.change()
        subscribed(quick, topic.watch(), "1")
        heard = [topic.item(quick.next()).number]
        last = [topic.change() for _ in range(size(20, 100))][-1][-1]
        for client in (quick, slow):
            while heard[-1:] != [last]:
                heard.append(topic.item(client.next()).number)
            assert heard == list(range(heard[0], last + 1))
            assert heard[0] <= first[-1]
            heard = []


def test_of_many_equal_subscribers_one_dies_at_the_publish_and_the_others_get_all(target: Target) -> None:
    async def tried() -> None:
        topic = target.topic()
        async with crowd(target, topic.watch(), size(30, 100)) as clients:
            for _ in range(size(3, 50)):
                changing = asyncio.create_task(asyncio.to_thread(topic.change))
                dead = clients.pop(0)
                await asyncio.sleep(0)
                reset(dead)
                for number in await changing:
                    assert {await told(topic, client) for client in clients} == {number}
                clients.append(await joined(target, topic.watch()))
                await told(topic, clients[-1])

    asyncio.run(tried())


async def told(topic: Topic, client: ClientConnection) -> int:
    """The number of the next result."""
    return topic.item((await expected(client, "next"))["payload"]["data"]).number


def test_one_that_joins_as_the_last_leaves_gets_its_snapshot_and_what_follows(target: Target) -> None:
    topic = target.topic()
    with entered(target) as one, entered(target) as other:
        for turn in range(size(10, 1000)):
            subscribed(one, topic.watch(), str(turn))
            number = topic.item(one.next()).number
            if turn % 2:
                subscribed(other, topic.watch(), str(turn))
                one.send({"type": "complete", "id": str(turn)})
            else:
                one.send({"type": "complete", "id": str(turn)})
                subscribed(other, topic.watch(), str(turn))
            assert topic.item(other.next()).number == number
            for following in topic.change():
                assert topic.item(other.next()).number == following
            other.send({"type": "complete", "id": str(turn)})


def test_subjects_that_begin_and_end_back_to_back_have_both_for_everybody(target: Target) -> None:
    lives = target.lives()
    with ExitStack() as stack:
        listeners = [
            stack.enter_context(listening(target, transport, lives.watch()))
            for transport in offered(target)
            for _ in range(size(2, 20))
        ]
        for listener in listeners:
            next(listener)
        with ThreadPoolExecutor(RUNS) as pool:
            running = [pool.submit(lives.run) for _ in range(RUNS)]
        ids = {each.result() for each in running}
        for listener in listeners:
            edges: defaultdict[str, list[str]] = defaultdict(list)
            while sum(len(edges[each]) for each in ids) < 2 * RUNS:
                subject, edge = lives.edge(next(listener))
                edges[subject].append(edge)
            assert all(edges[each] == ["start", "end"] for each in ids)


def test_a_burst_of_subscribers_while_events_come_leaves_no_gap(target: Target) -> None:
    async def tried() -> None:
        topic = target.topic()
        changing = asyncio.to_thread(lambda: [topic.change() for _ in range(size(10, 250))])
        joining = asyncio.gather(*[joined(target, topic.watch()) for _ in range(size(10, 200))])
        changes, clients = await asyncio.gather(changing, joining)
        last = changes[-1][-1]
        for client in clients:
            heard = [await told(topic, client)]
            while heard[-1] < last:
                heard.append(await told(topic, client))
            assert heard == list(range(heard[0], last + 1))
            await client.close()

    asyncio.run(tried())
