"""What goes over the wire for an address that a draft or a redirect holds."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.http.client import UrlRefused
from tests.support.fetching import QUICK
from tests.support.servers import raw_server

AS_WRITTEN = [
    "/media/my%27photo%281%29.png?response-content-type=image%2Fpng&Expires=1&Signature=a~b__&Key-Pair-Id=K",
    "/%2F%27%28%3A%40%7E%2f%3a%e7%89%87%252F%25",
    "/a+b&c=d;e~f'g(h)*i!j,k:l@m$n?o+p&q=r;s~t'u(v)*w!x,y:z@/?$%2F%27%28%3A%40%7E%2f%252F",
    "/x?",
    "/x?a=1&",
    "/x?&&a==b??",
    "/x?a[]=1|2",
    "//double//slash/",
    "/x;jsessionid=1?X-Amz-Credential=AKIA%2F20261130%2Fus-east-1%2Fs3%2Faws4_request",
]
"""Paths and queries that are sent byte for byte."""
ESCAPED = [
    ("/素材/片段 1.mp4", "/%E7%B4%A0%E6%9D%90/%E7%89%87%E6%AE%B5%201.mp4"),
    ("/片段%201%.mp4?名=%E7%89%87 %zz", "/%E7%89%87%E6%AE%B5%201%25.mp4?%E5%90%8D=%E7%89%87%20%25zz"),
    ('/a"b<c>d\\e^f`g{h}i', "/a%22b%3Cc%3Ed%5Ce%5Ef%60g%7Bh%7Di"),
    ("/x\r\nX-Evil: 1\ty\0z\x7f", "/xX-Evil:%201y%00z%7F"),
    ("/👨\u200d👩\u200d👧.png", "/%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7.png"),
    ("/x?a=1#fragment?b", "/x?a=1"),
    ("/a/./b/../c?d=../e", "/a/c?d=../e"),
    ("?a=1", "/?a=1"),
    ("", "/"),
]
"""What HTTP forbids, and how it is sent."""


@pytest.fixture
def heads() -> list[str]:
    return []


@pytest.fixture
def base(heads: list[str]) -> Iterator[str]:
    """A server that notes the heads of requests, redirects what is asked of /to=, and says 'fine' to all else."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        target = heads[-1].split(" ")[1]
        location = (
            bytes.fromhex(target.removeprefix("/from/to="))
            if target.startswith("/from/to=") and "?" not in target
            else None
        )
        moved = b"302 Found\r\nLocation: " + location if location is not None else b"200 OK"
        writer.write(b"HTTP/1.1 " + moved + b"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine")
        await writer.drain()

    with raw_server(answer, heads) as url:
        yield url


def fetched(folder: Path, url: str) -> bytes:
    from services.drafts.fetch import Fetcher, FetchLimits

    async def run() -> bytes:
        limits = FetchLimits(draft_bytes=1000, material_bytes=1000, task_bytes=1000)
        async with Fetcher(cache_dir=folder, allow_hosts=("127.0.0.1",), limits=limits, timeouts=QUICK) as fetcher:
            return await fetcher.content(url, lambda _: None)

    return asyncio.run(run())


def targets(heads: list[str]) -> list[str]:
    """The requests' targets."""
    return [head.split("\r\n")[0].removeprefix("GET ").removesuffix(" HTTP/1.1") for head in heads]


@pytest.mark.parametrize("target", AS_WRITTEN)
def test_an_address_is_asked_byte_for_byte_as_it_is_written(
    tmp_path: Path, base: str, heads: list[str], target: str
) -> None:
    assert fetched(tmp_path, base + target) == b"fine"
    assert targets(heads) == [target]


@pytest.mark.parametrize("target", AS_WRITTEN)
def test_a_redirect_is_followed_byte_for_byte_as_it_is_written(
    tmp_path: Path, base: str, heads: list[str], target: str
) -> None:
    for location in (base + target, base.removeprefix("http:") + target):
        assert fetched(tmp_path, f"{base}/from/to={location.encode().hex()}") == b"fine"
        assert targets(heads)[1:] == [target]
        heads.clear()


@pytest.mark.parametrize(("written", "sent"), ESCAPED)
def test_only_what_http_forbids_is_escaped(
    tmp_path: Path, base: str, heads: list[str], written: str, sent: str
) -> None:
    assert fetched(tmp_path, base + written) == b"fine"
    assert targets(heads) == [sent]
    assert "X-Evil" not in heads[0].split("\r\n", 1)[1]


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        (b"other%27s?a=%2F", "/from/other%27s?a=%2F"),
        (b"/root%28?", "/root%28?"),
        (b"?a=%3A&", "?a=%3A&"),
        (b"../up%2f/x;", "/up%2f/x;"),
        (b"./a/../b%7E/.", "/from/b%7E/"),
        ("/片段 1.mp4".encode(), "/%E7%89%87%E6%AE%B5%201.mp4"),
        ("/素.mp4".encode("gbk"), "/%CB%D8.mp4"),
        (b"/x#secret", "/x"),
    ],
)
def test_a_relative_redirect_is_read_against_the_address_that_sent_it(
    tmp_path: Path, base: str, heads: list[str], location: bytes, sent: str
) -> None:
    asked = f"/from/to={location.hex()}"
    assert fetched(tmp_path, base + asked) == b"fine"
    assert targets(heads) == [asked, asked + sent if sent.startswith("?") else sent]


def test_the_user_goes_into_a_header(tmp_path: Path, base: str, heads: list[str]) -> None:
    port = base.rpartition(":")[2]
    fetched(tmp_path, f"HTTP://me:p%40ss@127.0.0.1:{port}/x%2F")
    assert targets(heads) == ["/x%2F"]
    assert "authorization: basic bwu6cebzcw==" in heads[0].lower()
    assert f"host: 127.0.0.1:{port}" in heads[0].lower()


@pytest.mark.parametrize(
    "location", [b"file:///etc/hostname", b"http:", b"http://", b"//", b"http://a\\b/", b"javascript:x", b"http:/x"]
)
def test_a_redirect_to_no_web_address_is_refused(tmp_path: Path, base: str, heads: list[str], location: bytes) -> None:
    with pytest.raises(UrlRefused):
        fetched(tmp_path, f"{base}/from/to={location.hex()}")
    assert len(heads) == 1
