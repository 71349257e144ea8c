"""Row 22: one key fills a share of the queue only, and submits so often only; so it is with uploads."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.drafts.uploads.store import MAX_CONCURRENT, MAX_CONCURRENT_PER_OWNER, Uploads
from services.drafts.uploads.unpack import UnpackLimits
from services.errors import InvalidInput
from services.http.rate import MinimumRate
from tests.resolvers.test_drafts import packed
from tests.security.conftest import Guarded
from tests.support.keys import bearing, new_key
from tests.support.server import Server, serving

SUBMIT = """mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) {
    task { id } errors { code message resetAt } } }"""
QUEUED = 3
SUBMITS = 12


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str, str]]:
    folder: Path = tmp_path_factory.mktemp("shared")
    keys = new_key(folder, "anna"), new_key(folder, "bert")
    with serving(folder, queued_per_key=str(QUEUED), submits_per_minute=str(SUBMITS)) as server:
        yield server, *keys


def submit(server: Server, key: str, url: str) -> Any:
    answer: Any = server.post("/graphql", {"query": SUBMIT, "variables": {"url": url}}, bearing(key)).json
    return answer["data"]["submitVideoTask"]


def test_a_key_has_so_many_tasks_waiting_and_others_still_submit(shared: tuple[Server, str, str]) -> None:
    server, anna, bert = shared
    urls = [server.draft_url("hold") for _ in range(QUEUED + 2)]
    first = submit(server, bert, server.draft_url("hold"))
    assert first["errors"] == []
    answers = [submit(server, anna, url) for url in urls]
    refused = [answer["errors"][0] for answer in answers if answer["errors"]]
    assert [error["code"] for error in refused] in (["QUOTA_EXCEEDED"], ["QUOTA_EXCEEDED"] * 2)
    assert submit(server, anna, urls[0])["errors"] == [], "what is there already is joined"
    assert submit(server, bert, server.draft_url())["errors"] == []
    polled = server.post("/v1/gen_video", {"draft_url": server.draft_url()}, bearing(anna))
    assert (polled.status, polled.json["error"]["code"]) == (429, "QUOTA_EXCEEDED")
    assert int(polled.headers["retry-after"]) > 0


def test_a_key_submits_so_often_in_a_minute(shared: tuple[Server, str, str]) -> None:
    server, anna, _ = shared
    url = server.draft_url()
    errors = [submit(server, anna, url)["errors"] for _ in range(2 * SUBMITS)]
    told = [error for (error, *_) in filter(None, errors) if error["resetAt"]]
    assert told
    assert "within this minute" in told[-1]["message"]


def half_an_upload(server: Server, key: str) -> socket.socket:
    """An upload of which no more comes."""
    opened = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    head = f"POST /drafts HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nContent-Type: application/zip\r\n"
    opened.sendall(head.encode() + b"Content-Length: 1000\r\n\r\nPK")
    return opened


def test_uploads_that_never_end_leave_places_for_others(guarded: Guarded) -> None:
    server, mine = guarded.server, {**bearing(guarded.bert), "content-type": "application/zip"}
    with ExitStack() as stack:
        held = [stack.enter_context(half_an_upload(server, guarded.anna)) for _ in range(MAX_CONCURRENT_PER_OWNER)]
        while len(list((guarded.folder / "data" / "drafts").glob("coming-*/zip"))) < len(held):
            assert server.get("/healthz").status == 200
        for _ in range(MAX_CONCURRENT):
            refused = stack.enter_context(half_an_upload(server, guarded.anna))
            assert refused.recv(4096).startswith(b"HTTP/1.1 429 ")
        assert server.request("POST", "/drafts", packed({"draft_content.json": b"{}"}), mine).status == 201


def test_an_upload_of_a_byte_now_and_then_is_ended(tmp_path: Path) -> None:
    async def dripping() -> AsyncGenerator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    async def run() -> None:
        uploads = Uploads(tmp_path, UnpackLimits(1000, 1000), 3600, rate=partial(MinimumRate, 0.1), min_free_bytes=0)
        async with uploads.serve():
            await uploads.put("key anna", dripping())

    with pytest.raises(InvalidInput, match="too slowly"):
        asyncio.run(run())
