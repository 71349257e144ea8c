"""The scalars beyond GraphQL's own."""

import json
from collections.abc import Iterable
from typing import Any, NewType, cast

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from services.clock import parse_rfc3339, rfc3339
from services.drafts.draft_urls import clean_draft_url
from services.errors import InvalidInput

DateTime = NewType("DateTime", int)
"""UTC milliseconds since 1970; RFC 3339 in results."""
URL = NewType("URL", str)
JSONObject = NewType("JSONObject", dict[str, Any])

DEEPEST_JSON = 32


def _parse_time(value: object) -> int:
    if not isinstance(value, str):
        raise GraphQLError("DateTime must be a string such as 2026-11-01T12:00:00.000Z.")
    try:
        return parse_rfc3339(value)
    except ValueError as error:
        raise GraphQLError(f"{error}.") from None


def _parse_url(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("URL must be a string.")
    try:
        return clean_draft_url(value, "URL")
    except InvalidInput as error:
        raise GraphQLError(error.message.en) from None


def _parse_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise GraphQLError("JSONObject must be an object.")
    found = cast("dict[str, Any]", value)
    if _deeper(found, DEEPEST_JSON):
        raise GraphQLError(f"JSONObject may be nested at most {DEEPEST_JSON} levels deep.")
    try:
        json.dumps(found, allow_nan=False)
    except ValueError:
        raise GraphQLError("JSONObject holds a number that JSON cannot express.") from None
    return found


def _deeper(value: Any, levels: int) -> bool:
    """Whether a JSON value is nested deeper than `levels`."""
    if not isinstance(value, dict | list):
        return False
    inside = cast("Iterable[Any]", value.values() if isinstance(value, dict) else value)
    return levels == 0 or any(_deeper(inner, levels - 1) for inner in inside)


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A time as RFC 3339 text: given in UTC with milliseconds and `Z`"
        " (`2026-11-01T12:00:00.000Z`), taken with any offset.",
        serialize=rfc3339,
        parse_value=_parse_time,
    ),
    URL: strawberry.scalar(
        name="URL",
        description="An absolute http or https URL of at most 2048 characters."
        " Invisible characters that copying leaves in it are dropped.",
        serialize=str,
        parse_value=_parse_url,
    ),
    JSONObject: strawberry.scalar(
        name="JSONObject",
        description="Any JSON object of at most 16 KiB and 32 levels; it is returned unchanged.",
        serialize=dict,
        parse_value=_parse_object,
    ),
}
