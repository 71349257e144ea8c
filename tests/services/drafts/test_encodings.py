"""Answers in every Content-Encoding that stores send without being asked for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from services.errors import ErrorCode
from tests.support.fetching import content, failure, kept, material
from tests.support.packing import packed_as
from tests.support.servers import DraftServer, breaking, statuses

BODY = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


def answered(server: DraftServer, body: bytes, encoding: str) -> str:
    """The URL of a body with that Content-Encoding."""
    server.answers["/x"] = statuses([200], body, {"Content-Encoding": encoding})
    return f"{server.base}/x"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", " deflate ", "br", "zstd"])
def test_what_is_packed_is_unpacked(tmp_path: Path, server: DraftServer, encoding: str) -> None:
    url = answered(server, packed_as(encoding.strip().lower(), BODY), encoding)
    assert material(tmp_path, server, url) == [BODY]
    small = answered(server, packed_as(encoding.strip().lower(), b"fine"), encoding)
    assert content(tmp_path, server, small) == b"fine"


def test_deflate_may_lack_zlibs_head(tmp_path: Path, server: DraftServer) -> None:
    assert material(tmp_path, server, answered(server, packed_as("raw", BODY), "deflate")) == [BODY]


def test_several_encodings_lie_upon_one_another(tmp_path: Path, server: DraftServer) -> None:
    packed = packed_as("gzip", packed_as("zstd", packed_as("br", packed_as("deflate", BODY))))
    assert material(tmp_path, server, answered(server, packed, "deflate, br,zstd , gzip")) == [BODY]


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_may_be_packed_in_parts(tmp_path: Path, server: DraftServer, encoding: str) -> None:
    parts = [packed_as(encoding, BODY[start : start + 3000]) for start in range(0, len(BODY), 3000)]
    assert material(tmp_path, server, answered(server, b"".join(parts), encoding)) == [BODY]


@pytest.mark.parametrize(
    "encoding",
    ["", "identity", "aws-chunked", "utf-8", "UTF8", "none", "binary", "gb18030", "iso-8859-1", "image/png",
     "aws-chunked,utf-8"],
)  # fmt: skip
def test_what_names_no_packing_is_passed_over(tmp_path: Path, server: DraftServer, encoding: str) -> None:
    assert material(tmp_path, server, answered(server, BODY, encoding)) == [BODY]
    url = answered(server, packed_as("gzip", BODY), f"{encoding}, gzip" if encoding else "gzip")
    assert material(tmp_path / "other", server, url) == [BODY]


@pytest.mark.parametrize("encoding", ["compress", "base64", "hex", "canary", "gzip, canary", ", ".join(["gzip"] * 5)])
def test_an_unknown_encoding_is_told_by_name_of_the_fault(tmp_path: Path, server: DraftServer, encoding: str) -> None:
    error = failure(tmp_path, server, answered(server, BODY, encoding)).failure
    assert error.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "Content-Encoding" in error.message.en
    assert "Content-Encoding" in error.message.zh
    assert "canary" not in error.message.en
    assert server.requests["/x"] == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_packed_as_is_said_is_told(tmp_path: Path, server: DraftServer, encoding: str) -> None:
    error = failure(tmp_path, server, answered(server, b"\xff\x18plain" * 1000, encoding)).failure
    assert error.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "Content-Encoding" in error.message.en
    assert not kept(tmp_path)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_packed_body_that_breaks_off_is_fetched_anew_and_never_taken_for_whole(
    tmp_path: Path, server: DraftServer, encoding: str
) -> None:
    packed = packed_as(encoding, BODY)
    answers = [statuses([200], packed[:-1], {"Content-Encoding": encoding, "ETag": '"v1"'})] * 2
    answers.append(statuses([200], packed, {"Content-Encoding": encoding, "ETag": '"v1"'}))

    async def one_after_the_other(request: web.Request) -> web.StreamResponse:
        return await answers.pop(0)(request)

    server.answers["/x"] = one_after_the_other
    assert material(tmp_path, server, f"{server.base}/x") == [BODY]
    assert server.ranges["/x"] == ["", "", ""]


def test_the_rest_of_a_file_that_comes_packed_is_not_taken_for_it(tmp_path: Path, server: DraftServer) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        tried = server.requests["/x"]
        if tried != 2:
            return await breaking(BODY, 500_000 if tried == 1 else len(BODY))(request)
        rest = {
            "Content-Encoding": "gzip",
            "ETag": '"v1"',
            "Content-Range": f"bytes 500000-{len(BODY) - 1}/{len(BODY)}",
        }
        return web.Response(status=206, body=packed_as("gzip", BODY[500_000:]), headers=rest)

    server.answers["/x"] = answer
    assert material(tmp_path, server, f"{server.base}/x") == [BODY]


def test_an_empty_body_may_be_said_to_be_packed(tmp_path: Path, server: DraftServer) -> None:
    assert content(tmp_path, server, answered(server, b"", "gzip")) == b""
