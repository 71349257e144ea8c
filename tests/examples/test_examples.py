"""Every example follows a real task through a proxy that cuts its connection, all of them at once."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.node import EXAMPLES, NODE, install_packages
from tests.support.proxy import Proxy
from tests.support.server import Server

SECONDS = 30
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
COMMANDS = {
    "apollo-http.mjs": (*NODE,),
    "apollo-ws.mjs": (*NODE,),
    "curl.sh": ("sh",),
    "eventsource.mjs": (*NODE, "--experimental-eventsource"),
    "fetch.mjs": (*NODE,),
    "graphql-sse.mjs": (*NODE,),
    "graphql-ws.mjs": (*NODE,),
    "poll.mjs": (*NODE,),
    "python_gql.py": (sys.executable,),
    "urql.mjs": (*NODE,),
}
STAGES = [
    "QUEUED",
    "STARTED",
    "PARSING_DRAFT",
    "PREPARING",
    "PROCESSING_MATERIALS",
    "EXPORTING",
    "WRITING_FILE",
    "DONE",
]
WITHOUT_STAGES = {"poll.mjs"}


@dataclass(frozen=True)
class Event:
    """What an example shows of one event."""

    seq: int
    status: str
    stage: str
    progress: int
    video_url: str


def shown(line: str) -> Event | None:
    """The event of a line that an example shows: fields with blanks between them, or curl's JSON."""
    if line.startswith("{"):
        data = json.loads(line).get("data")
        return data and _event_of(data["videoTaskProgress"])
    seq, status, *rest = line.split()
    stage = rest.pop(0) if not rest[0].endswith("%") else ""
    return Event(int(seq), status.upper(), stage, int(rest[0].rstrip("%")), rest[1] if len(rest) > 1 else "")


def _event_of(found: dict[str, Any]) -> Event:
    video_url = found["task"]["videoUrl"] or ""
    return Event(found["seq"], found["status"], found["stage"], found["progress"], video_url)


@dataclass
class Run:
    """One example that runs or ran."""

    name: str
    process: asyncio.subprocess.Process
    events: list[Event] = field(default_factory=list[Event])

    async def until(self, enough: Callable[[Event], bool]) -> None:
        """Read events until one is enough."""
        while not self.events or not enough(self.events[-1]):
            assert await self._read(), f"{self.name} ended early: {self.events}"

    async def rest(self) -> None:
        """Read to the end."""
        while await self._read():
            pass
        assert await self.process.wait() == 0, self.name

    async def _read(self) -> bool:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        event = shown(line.decode().strip()) if line else None
        if event:
            self.events.append(event)
        return bool(line)


async def start(name: str, server: str, draft_url: str) -> Run:
    environment = {**os.environ, "DRAFTCAST_SERVER": server, "NODE_NO_WARNINGS": "1"}
    command = (*COMMANDS[name], str(EXAMPLES / name), draft_url)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    return Run(name, process)


async def follow(server: Server, names: list[str]) -> dict[str, Run]:
    """Let examples follow one task; after it has got to PREPARING, cut all their connections."""
    draft_url = server.draft_url("gated")
    server.data(SUBMIT, url=draft_url)
    with Proxy(server.port) as proxy:
        runs = [await start(name, proxy.url, draft_url) for name in names]
        try:
            async with asyncio.timeout(SECONDS):
                await _in_step(runs, lambda event: event.progress >= 10)
                server.open_gate(2)
                await _in_step(runs, lambda event: event.progress >= 30)
                proxy.cut()
                before = proxy.connections
                server.open_gate(2)
                await _in_step(runs, lambda event: event.progress >= 70)
                server.open_gate(2)
                await asyncio.gather(*(run.rest() for run in runs))
        except TimeoutError:
            told = {run.name: run.events[-1:] for run in runs}
            raise AssertionError(f"not in time; the last events were {told}") from None
        finally:
            for run in runs:
                if run.process.returncode is None:
                    run.process.kill()
                    await run.process.wait()
        assert proxy.connections >= before + len(names)
    return {run.name: run for run in runs}


async def _in_step(runs: list[Run], enough: Callable[[Event], bool]) -> None:
    await asyncio.gather(*(run.until(enough) for run in runs))


@pytest.fixture(scope="module")
def runs(server: Server) -> dict[str, Run]:
    """All examples, run to their ends."""
    install_packages()
    names = [name for name in COMMANDS if name != "curl.sh" or shutil.which("curl")]
    return asyncio.run(follow(server, names))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_follows_a_task_to_its_end_and_misses_nothing_while_cut_off(runs: dict[str, Run], name: str) -> None:
    if name not in runs:
        pytest.skip("curl is not installed")
    events = runs[name].events
    seqs = [event.seq for event in events]
    assert seqs == sorted(set(seqs))
    progress = [event.progress for event in events]
    assert progress == sorted(progress)
    if name not in WITHOUT_STAGES:
        stages = list(dict.fromkeys(event.stage for event in events))
        assert stages == STAGES[STAGES.index(stages[0]) :]
    assert (events[-1].status, events[-1].progress) == ("COMPLETED", 100)
    assert events[-1].video_url.endswith(".mp4")


def test_every_example_is_run() -> None:
    assert sorted(COMMANDS) == sorted(
        path.name for path in EXAMPLES.glob("*.*") if path.suffix in (".mjs", ".py", ".sh")
    )
