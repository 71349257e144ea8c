"""Prints figures of latency to the first event, cost of a render, requests per second and memory.

The server is the real one, on a free port and in a temporary folder. Every load is bounded.
"""

import asyncio
import json
import os
import resource
import subprocess
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median

import psutil

from services.drafts.sample import SAMPLE_DIR, draft_url
from services.render.process.ffmpeg import find_ffmpeg
from tests.support.process import DRAFTCAST, environment, served
from tests.support.server import Server
from tests.support.subscriber import subscriber

ROUNDS = 5
REQUESTS = 3000
CONNECTIONS = 16

_SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
_WATCH = "subscription($id: ID!) { videoTaskProgress(id: $id) { type stage status } }"
_ESTIMATE = "subscription($id: ID!) { videoTaskProgress(id: $id) { task { estimatedCompletionAt } } }"
_QUERY = """query($id: ID!) { videoTask(id: $id) {
  id draftUrl status stage progress attempt seq createdAt updatedAt videoUrl } }"""


def main() -> None:
    """Measure everything and print it."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as running:
        server = running.start()
        show("memory of the idle server", idle_mb(Path(name)), "MB resident")
        show("submit to first progress event, median of 5", median(first_event(server) for _ in range(ROUNDS)), "s")
        task_id = submit(server)
        finish(server, task_id)
        status = {"draft_url": draft_url(server.url)}
        show("gen_video_status", rate(server, "/v1/gen_video_status", status), "requests/s")
        show(
            "videoTask, 10 fields",
            rate(server, "/graphql", {"query": _QUERY, "variables": {"id": task_id}}),
            "requests/s",
        )
    rendered, plain = render_against_transcode()
    show("the sample's render", rendered, "CPU s")
    show("plain ffmpeg transcode of the same length", plain, "CPU s")
    show("render / transcode", rendered / plain, "times")


def show(what: str, figure: float, unit: str) -> None:
    """One line of the report."""
    print(f"{what:<50} {figure:>10.2f} {unit}")


def idle_mb(folder: Path) -> float:
    """Resident memory of the server process."""
    wanted = str(folder / "data")
    for process in psutil.process_iter(["pid"]):
        try:
            if process.ppid() == os.getpid() and process.environ().get("DRAFTCAST_DATA_DIR") == wanted:
                return float(process.memory_info().rss) / 1e6
        except psutil.AccessDenied:
            continue
    raise RuntimeError("the server process is gone")


def submit(server: Server, url: str = "") -> str:
    """Submit a draft, by default the sample; returns the task's id."""
    return str(server.data(_SUBMIT, url=url or draft_url(server.url))["submitVideoTask"]["task"]["id"])


def first_event(server: Server) -> float:
    """Seconds from a submit to the first event of its attempt; then waits for the end of the task."""
    began = time.perf_counter()
    task_id = submit(server)
    with subscriber(server.socket_url) as socket:
        socket.subscribe(_WATCH, id=task_id)
        for data in socket.rest():
            if data["videoTaskProgress"]["status"] == "PROCESSING":
                seconds = time.perf_counter() - began
                break
        else:
            raise RuntimeError("the task ended without an attempt")
    finish(server, task_id)
    return seconds


def estimate_error(server: Server, url: str) -> float:
    """The largest error of the estimated end in the second half of a render, as a fraction of its duration."""
    began = time.time()
    told: list[tuple[float, float]] = []
    with subscriber(server.socket_url) as socket:
        socket.subscribe(_ESTIMATE, id=submit(server, url))
        for data in socket.rest():
            estimate = data["videoTaskProgress"]["task"]["estimatedCompletionAt"]
            if estimate is not None:
                told.append((time.time(), datetime.fromisoformat(estimate).timestamp()))
    ended = time.time()
    return max(abs(end - ended) for at, end in told if at >= (began + ended) / 2) / (ended - began)


def finish(server: Server, task_id: str) -> None:
    """Watch a task to its end."""
    with subscriber(server.socket_url) as socket:
        socket.subscribe(_WATCH, id=task_id)
        last = [data["videoTaskProgress"] for data in socket.rest()][-1]
    if last["status"] != "COMPLETED":
        raise RuntimeError(f"the sample ended as {last['status']}")


def rate(server: Server, path: str, body: object) -> float:
    """Requests per second over persistent connections."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(content)}\r\n\r\n"
    began = time.perf_counter()
    asyncio.run(_hammer(server.port, head.encode() + content))
    return REQUESTS / (time.perf_counter() - began)


async def _hammer(port: int, request: bytes) -> None:
    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(REQUESTS // CONNECTIONS):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


def render_against_transcode() -> tuple[float, float]:
    """CPU seconds of the sample's render, and of a transcode of its video; medians, interleaved."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = folder / "video.mp4"
        render = [*DRAFTCAST, "render", str(SAMPLE_DIR), "-o", str(video)]
        plain = [find_ffmpeg().path, "-v", "error", "-y", "-i", str(video), *X264, str(folder / "plain.mp4")]
        figures = [(cpu_seconds(render, folder), cpu_seconds(plain, folder)) for _ in range(3)]
    return median(rendered for rendered, _ in figures), median(transcoded for _, transcoded in figures)


X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-c:a", "aac")


def cpu_seconds(command: list[str], folder: Path) -> float:
    """CPU seconds of a program and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=environment(folder), stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
