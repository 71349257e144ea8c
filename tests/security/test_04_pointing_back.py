"""Row 4: a draft URL that leads back to this server makes it ask itself nothing, however it is spelled."""

import asyncio
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from services.drafts.draft_urls import is_self_reference, own_urls
from services.drafts.source import RemoteDraft
from services.errors import ErrorCode, Failed
from services.http.guard import Guard
from services.http.urls import parse_url
from tests.support.fetching import fetcher, nothing
from tests.support.server import Server, serving
from tests.support.servers import DraftServer, redirect, statuses

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { code } } }"
SPELLINGS = ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "user:pw@127.0.0.1", "127.0.0.1."]
PATHS = [
    *("/v1/gen_video_active_count", "/graphql", "/files/x", "/sample/../graphql", "/drafts", "/drafts/"),
    *("/drafts/../graphql", "/drafts/%2e%2e/graphql", "/sample/../readyz", "/drafts/output/draft/../../../metrics"),
    *("/drafts/get_draft/../../healthz", "/sample/get_draftx", "/drafts/output/draft/..%2f..%2f..%2fhealthz"),
    *("/sample/output/draft/%252e%252e/%252e%252e/%252e%252e/healthz", "//sample/get_draft", "/DRAFTS/get_draft"),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server that renders with its own exporter; nothing inside is allowed to it."""
    with serving(tmp_path_factory.mktemp("own"), exporter="", render_slots="2") as server:
        yield server


def outcome(server: Server, url: str) -> tuple[str, str]:
    """How a submit of the URL ends: its status, and the code of its error."""
    task = server.data(SUBMIT, url=url)["submitVideoTask"]["task"]["id"]
    asked: dict[str, Any] = {"draft_url": url, "wait_seconds": 25}
    while server.post("/v1/gen_video_status", asked).json["status"] in ("pending", "processing"):
        continue
    found = server.data("query($id: ID!) { videoTask(id: $id) { status error { code } } }", id=task)["videoTask"]
    return found["status"], found["error"]["code"]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_server_is_fetched_from(own: Server, host: str) -> None:
    assert outcome(own, f"http://{host}:{own.port}/v1/gen_video_active_count") == ("FAILED", "DRAFT_URL_REFUSED")


@pytest.mark.parametrize("path", PATHS)
def test_no_path_but_those_of_drafts_is_fetched_from(own: Server, path: str) -> None:
    status, code = outcome(own, own.url + path)
    assert status == "FAILED"
    assert code in ("DRAFT_URL_REFUSED", "DRAFT_NOT_FOUND", "DRAFT_INVALID")


@pytest.fixture(scope="module")
def drafts() -> Generator[DraftServer]:
    with DraftServer() as running:
        yield running


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("path", ["/graphql?query=%7B__typename%7D", "/metrics", "/drafts/../healthz"])
@pytest.mark.parametrize("way", ["material", "redirect", "listed"])
def test_neither_materials_nor_redirects_lead_into_this_server(
    tmp_path: Path, drafts: DraftServer, own: Server, way: str, path: str, allowed: bool
) -> None:
    """Not even where its host may be fetched from, as that of a public server may."""
    own_url, hosts = own.url + path, (drafts.host, f"127.0.0.1:{own.port}") if allowed else (drafts.host,)
    drafts.answers["/away"] = redirect(own_url)
    drafts.answers["/list"] = statuses(
        [200], json.dumps({"files": [own_url, own_url.partition("?")[0] + "/draft_content.json"]}).encode()
    )
    draft_url = {"material": own_url, "redirect": f"{drafts.base}/away", "listed": f"{drafts.base}/list"}[way]
    urls = own_urls(own.url, draft_url)

    async def run() -> None:
        async with fetcher(tmp_path, drafts, allow_hosts=hosts, own_urls=urls) as running:
            if way == "material":
                await running.material(own_url, segment_id="s", on_bytes=nothing)
            else:
                await RemoteDraft(running, draft_url).content(nothing)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    assert caught.value.failure.code in (ErrorCode.MATERIAL_REFUSED, ErrorCode.DRAFT_URL_REFUSED)


@pytest.mark.parametrize(
    ("url", "back"),
    [
        ("http://h.example:80/graphql", True),
        ("http://H.EXAMPLE./drafts/get_draft?draft_id=" + "a" * 32, False),
        ("https://h.example:80/drafts/get_draft?draft_id=" + "a" * 32, True),
        ("http://u:p@h.example/metrics", True),
        ("http://h.example:8080/metrics", False),
        ("http://h.example/drafts/output/draft/" + "a" * 32 + "/draft_content.json", False),
        ("http://h.example/drafts/output/draft/" + "a" * 32, True),
        ("http://h.example/drafts/get_draft?draft_id=x", True),
        ("http://h.example/sample/get_draft?draft_id=x", False),
    ],
)
def test_every_spelling_of_the_own_host_is_known(url: str, back: bool) -> None:
    assert is_self_reference("http://h.example", url) is back


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.0.0.1."])
def test_every_spelling_of_the_own_address_is_known(host: str) -> None:
    assert is_self_reference("http://127.0.0.1:8000", f"http://{host}:8000/graphql")


def test_a_draft_may_fetch_its_own_files_and_no_other_drafts() -> None:
    one, other = "a" * 32, "b" * 32
    guard = Guard((), own_urls("http://h.example", f"http://h.example/drafts/get_draft?draft_id={one}"))
    assert guard.allows_by_name(parse_url(f"http://h.example/drafts/output/draft/{one}/%2e%2e.png?x=../.."))
    for path in (f"{other}/a.png", f"{one}/../{other}/a.png", f"{one}/..%2f{other}/a.png", f"{one}%2f..%5c{other}/a"):
        assert guard.refuses(parse_url(f"http://h.example/drafts/output/draft/{path}"))


def test_the_draft_that_comes_with_the_server_is_fetched_from_it(own: Server) -> None:
    url = own.data("{ service { sampleDraftUrl } }")["service"]["sampleDraftUrl"]
    assert own.data("query($url: URL!) { draftReport(draftUrl: $url) { error { code } } }", url=url) == {
        "draftReport": {"error": None}
    }


def test_a_report_of_a_report_asks_this_server_nothing(own: Server) -> None:
    """Else each would hold a place and wait for the next one's."""
    query = "query($url: URL!) { draftReport(draftUrl: $url) { error { code } } }"
    inner = quote('{ draftReport(draftUrl: "http://127.0.0.1:9/x") { renderable } }')
    for path in (
        f"/graphql?query={inner}",
        f"/drafts/../graphql?query={inner}",
        f"/drafts/%2e%2e/graphql?query={inner}",
    ):
        assert own.data(query, url=own.url + path)["draftReport"]["error"]["code"] == "DRAFT_URL_REFUSED"


def test_two_servers_ask_each_other_nothing(own: Server, tmp_path: Path, drafts: DraftServer) -> None:
    """Nor does one that is reached by a name that it does not know as its own."""
    inner = quote('{ draftReport(draftUrl: "http://127.0.0.1:9/x") { renderable } }')

    async def run() -> None:
        async with fetcher(tmp_path, drafts, allow_hosts=(f"127.0.0.1:{own.port}",)) as other:
            await RemoteDraft(other, f"{own.url}/graphql?query={inner}").content(nothing)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    assert (caught.value.failure.code, "403" in caught.value.failure.message.en) == (ErrorCode.DRAFT_NOT_FOUND, True)
