"""Types of values that generated models use."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self, TypeAlias

from pydantic import PlainSerializer


def rfc3339(at: datetime) -> str:
    """The time in UTC with milliseconds, as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


DateTime: TypeAlias = Annotated[datetime, PlainSerializer(rfc3339, when_used="json")]
JsonObject: TypeAlias = dict[str, Any]


class OpenEnum(StrEnum):
    """Values of the API. One that a newer server has added becomes a member, so that clients need not be updated."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        added = str.__new__(cls, value)
        added._name_ = added._value_ = value
        return added
