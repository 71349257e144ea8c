"""Requests that are almost right: valid ones with something broken, in the JSON or in its bytes."""

import copy
import json
import random
from typing import Any, cast

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e400, 2**63, "", " ", "x", "null", "\x00", "\ud800", "图" * 50, "x" * 3000,
    [], {}, [[]], {"": {}}, [None], {"id": {}}, "{ __typename", "subscription { x }", {"__proto__": 1},
)  # fmt: skip
PIECES = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\\",
    b"\\u",
    b"\xff",
    b"\xed\xa0\x80",
    b"\x00",
    b"NaN",
    b"$",
    b"...",
)


def mutated(value: Any, chance: random.Random) -> bytes:
    """The JSON of a value with one to three mutations."""
    value = copy.deepcopy(value)
    in_bytes = chance.random() < 0.4
    for _ in range(chance.randint(1, 3)):
        if not in_bytes:
            value = _other(value, chance)
    text = json.dumps(value, ensure_ascii=chance.random() < 0.9).encode(errors="surrogatepass")
    for _ in range(chance.randint(1, 3) if in_bytes else 0):
        text = _broken(text, chance)
    return text


def _other(value: Any, chance: random.Random) -> Any:
    """The value with one of its parts replaced, lost or doubled."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        value = cast("dict[str, Any]", value)
        key = chance.choice(list(value))
        what = chance.random()
        if what < 0.1:
            del value[key]
        elif what < 0.2:
            value[chance.choice(["type", "id", "payload", "query", "variables", "after", key + "x"])] = value[key]
        else:
            value[key] = _other(value[key], chance)
        return value
    if isinstance(value, str) and value and chance.random() < 0.5:
        return _broken(value.encode(errors="surrogatepass"), chance).decode(errors="surrogateescape")
    return copy.deepcopy(chance.choice(ODD))


def _broken(text: bytes, chance: random.Random) -> bytes:
    """The bytes with a piece lost, doubled, changed or put in."""
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.choice([1, 1, 2, 8, 40]))
    what = chance.randrange(4)
    if what == 0:
        return text[:start] + text[end:]
    if what == 1:
        return text[:end] + text[start:]
    if what == 2:
        return text[:start] + bytes(chance.randrange(256) for _ in range(end - start)) + text[end:]
    return text[:start] + chance.choice(PIECES) + text[start:]
