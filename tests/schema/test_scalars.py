from typing import Any

import pytest
from graphql import GraphQLError

from schema.scalars import SCALARS, URL, DateTime, JSONObject


def parsed(scalar: object, value: Any) -> Any:
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    return parse(value)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": [value]} if levels % 2 else {"a": value}
    return value


def test_scalars_take_what_they_are_made_for() -> None:
    assert parsed(DateTime, "2024-09-24T18:30:00+08:00") == 1727173800000
    assert parsed(URL, " https://a.b/c?d=1\u200b") == "https://a.b/c?d=1"
    assert parsed(JSONObject, {"a": [1, None, {"b": "中"}]}) == {"a": [1, None, {"b": "中"}]}


@pytest.mark.parametrize(
    ("scalar", "value", "word"),
    [
        (DateTime, 5, "string"),
        (DateTime, "2024-09-24", "RFC 3339"),
        (URL, 5, "string"),
        (URL, "ftp://a.b", "http"),
        (URL, "/relative", "http"),
        (URL, "", "empty"),
        (URL, "http://a.b/" + "x" * 2048, "2048"),
        (JSONObject, [1], "object"),
        (JSONObject, {"a": float("inf")}, "number"),
        (JSONObject, nested(34), "levels"),
    ],
)
def test_scalars_refuse_the_rest_and_say_why(scalar: object, value: Any, word: str) -> None:
    with pytest.raises(GraphQLError, match=word):
        parsed(scalar, value)


def test_an_object_may_be_nested_32_levels_deep() -> None:
    assert parsed(JSONObject, nested(32)) == nested(32)
