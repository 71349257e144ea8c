import json
import socket

import pytest

from services.strict_json import parse_json
from tests.support.server import Server


@pytest.mark.parametrize("text", ['{"a": ["\\u4e2d\\ud83d\\ude00", 1.5, null]}', '﻿{"a": 1}'.encode(), b"[]"])
def test_json_is_read(text: str | bytes) -> None:
    plain = text if isinstance(text, str) else text.decode("utf-8-sig")
    assert parse_json(text) == json.loads(plain)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a": -Infinity}',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        "{}".encode("utf-16"),
        b"[" * 50_000,
        b"9" * 10_000,
    ],
    ids=repr,
)
def test_what_is_not_strict_json_is_refused(text: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse_json(text)


@pytest.mark.parametrize("path", ["/graphql", "/v1/gen_video_status"])
def test_a_request_that_breaks_off_is_nobodys_error(server: Server, path: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as going_away:
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"
        )
        going_away.sendall(head.encode() + b'{"draft_url": ')
        going_away.shutdown(socket.SHUT_WR)
        going_away.recv(1000)  # until the server is done with it
    assert server.graphql("{ __typename }") == {"data": {"__typename": "Query"}}
    assert "ClientDisconnect" not in (server.folder / "log").read_text(encoding="utf-8")
