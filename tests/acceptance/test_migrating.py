"""docs/migrating.md, carried out: its proxies before a real server and a stand-in for capcut-mate."""

import json
import re
import socket
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from websockets.sync.client import connect

from tests.resolvers.test_drafts import packed
from tests.support.programs import caddy, nginx
from tests.support.server import Answer, Server, serving
from tests.support.servers import DraftServer
from tests.support.subscriber import PROTOCOL, Subscriber
from tests.test_docs import blocks

GUIDE = "docs/migrating.md"
OLD, NEW = "capcut.example", "render.example"
PREFIXES = ("/openapi/capcut-mate/v1", "/v1")
FIELDS = [
    *("draft_url", "status", "progress", "video_url", "error_message", "created_at", "started_at", "completed_at")
]
WATCH = "subscription($url: URL) { videoTaskProgress(draftUrl: $url) { status task { videoUrl } } }"


@dataclass(frozen=True)
class Site:
    """A server reached by its two names through a proxy."""

    proxy: Server
    direct: Server
    rest: DraftServer

    def ask(self, host: str, method: str, path: str, body: bytes | None = None) -> Answer:
        """A request by one of the names."""
        return self.proxy.request(method, path, body, {"host": host, "content-type": "application/json"})

    def post(self, path: str, body: object) -> Any:
        """A client's request by the name it always used."""
        return self.proxy.post(path, body, {"host": OLD}).json


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("migrated"), public_url=f"http://{NEW}") as running:
        yield running


@pytest.fixture(scope="module")
def rest() -> Generator[DraftServer]:
    async def told(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path, "host": request.host, "body": await request.text()})

    with DraftServer() as running:
        for path in ("/openapi/capcut-mate/v1/create_draft", "/v1/save_draft", "/v1/gen_video_else", "/", "/graphql"):
            running.answers[path] = told
        yield running


def nginx_site(direct: Server, rest: DraftServer) -> Callable[[int], str]:
    (code,) = blocks(GUIDE, "nginx")
    ported = code.replace("127.0.0.1:8000", f"127.0.0.1:{direct.port}").replace("127.0.0.1:8001", rest.host)
    return lambda port: ported.replace("listen 80;", f"listen 127.0.0.1:{port};")


def caddy_site(direct: Server, rest: DraftServer) -> Callable[[int], str]:
    (code,) = blocks(GUIDE, "caddy")
    ported = code.replace("127.0.0.1:8000", f"127.0.0.1:{direct.port}").replace("127.0.0.1:8001", rest.host)
    return lambda port: re.sub(r"^(\w+\.example) ", rf"http://\1:{port} ", ported, flags=re.MULTILINE)


PROXIES: dict[str, Callable[[Server, DraftServer], AbstractContextManager[int]]] = {
    "nginx": lambda direct, rest: nginx(nginx_site(direct, rest)),
    "caddy": lambda direct, rest: caddy(caddy_site(direct, rest)),
}


@pytest.fixture(scope="module", params=PROXIES)
def site(request: pytest.FixtureRequest, direct: Server, rest: DraftServer) -> Generator[Site]:
    with PROXIES[request.param](direct, rest) as port:
        yield Site(Server(port, direct.folder), direct, rest)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_poller_gets_its_video_at_the_address_it_always_used(site: Site, prefix: str) -> None:
    draft_url = site.direct.draft_url()
    submitted = site.post(f"{prefix}/gen_video", {"draft_url": draft_url})
    assert submitted == {"message": "视频生成任务已提交，请使用draft_url查询进度"}
    status = site.post(f"{prefix}/gen_video_status", {"draft_url": draft_url})
    assert list(status) == FIELDS
    while status["status"] != "completed":
        asked = {"draft_url": draft_url, "wait_seconds": 20, "since": status.get("seq", 0)}
        status = site.post(f"{prefix}/gen_video_status", asked)
    assert site.ask(OLD, "GET", f"{prefix}/gen_video_active_count").json == {"count": 0}
    address, _, path = status["video_url"].partition("/files/")
    assert address == f"http://{NEW}"
    video = site.ask(NEW, "GET", f"/files/{path}")
    assert (video.status, video.headers["content-type"], video.body[4:8]) == (200, "video/mp4", b"ftyp")


def test_a_poller_reads_the_documented_errors(site: Site) -> None:
    unknown = site.proxy.post("/v1/gen_video_status", {"draft_url": "http://drafts.example/none"}, {"host": OLD})
    assert (unknown.status, unknown.json["error"]["code"]) == (404, "VIDEO_TASK_NOT_FOUND")


def test_all_else_goes_where_it_went_before(site: Site) -> None:
    for path in ("/openapi/capcut-mate/v1/create_draft", "/v1/save_draft", "/v1/gen_video_else", "/", "/graphql"):
        told = site.ask(OLD, "POST", path, b'{"width": 1920}').json
        assert (told["path"], told["body"]) == (path, '{"width": 1920}')
        assert told["host"] == OLD


def test_the_new_name_leads_to_all_of_draftcast_but_what_is_for_those_who_run_it(site: Site) -> None:
    assert b"<!doctype html>" in site.ask(NEW, "GET", "/").body.lower()[:100]
    queue = site.ask(NEW, "POST", "/graphql", b'{"query": "{ queue { capacity } }"}')
    assert queue.json == {"data": {"queue": {"capacity": 1}}}
    for path in ("/healthz", "/readyz", "/metrics"):
        assert site.direct.get(path).status == 200
        assert site.ask(NEW, "GET", path).status == 404


def test_uploads_ranges_and_server_sent_events_pass_the_proxy(site: Site) -> None:
    zipped = packed({"draft_content.json": b"{}", "clip.mp4": bytes(3_000_000)})
    stored = site.proxy.request("POST", "/drafts?name=mine", zipped, {"host": NEW, "content-type": "application/zip"})
    assert stored.status == 201
    draft_url = site.direct.draft_url()
    site.post("/v1/gen_video", {"draft_url": draft_url})
    watch = {"query": WATCH, "variables": {"url": draft_url}}
    told = site.proxy.request(
        "POST",
        "/graphql",
        json.dumps(watch).encode(),
        {"host": NEW, "content-type": "application/json", "accept": "text/event-stream"},
    )
    assert told.headers["content-type"].startswith("text/event-stream")
    *_, last = (line for line in told.body.decode().splitlines() if line.startswith("data: {"))
    video_url: str = json.loads(last.removeprefix("data: "))["data"]["videoTaskProgress"]["task"]["videoUrl"]
    part = site.proxy.request("GET", urlsplit(video_url).path, None, {"host": NEW, "range": "bytes=4-7"})
    assert (part.status, part.body) == (206, b"ftyp")


def test_a_subscription_follows_a_task_that_a_poller_began(site: Site) -> None:
    draft_url = site.direct.draft_url()
    site.post("/v1/gen_video", {"draft_url": draft_url})
    line = socket.create_connection(("127.0.0.1", site.proxy.port))
    with connect(f"ws://{NEW}/graphql", sock=line, subprotocols=[PROTOCOL], compression=None) as connection:
        subscriber = Subscriber(connection)
        subscriber.send({"type": "connection_init"})
        assert subscriber.receive() == {"type": "connection_ack"}
        subscriber.subscribe(WATCH, url=draft_url)
        last = list(subscriber.rest())[-1]["videoTaskProgress"]
    assert last["status"] == "COMPLETED"
    assert last["task"]["videoUrl"].startswith(f"http://{NEW}/files/")
