import json

import pytest

from resolvers.bodies import parse_json


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
