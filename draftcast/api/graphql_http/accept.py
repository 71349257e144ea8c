"""Negotiation of the media type by the Accept header (RFC 9110, 12.5.1)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Media(StrEnum):
    """The media types of responses over HTTP."""

    JSON = "application/json"
    """One result. Its HTTP status is 200 even for a document that does not fit the schema."""
    RESPONSE = "application/graphql-response+json"
    """One result; its HTTP status is 400 when the operation was not executed."""
    EVENTS = "text/event-stream"
    """Any number of results, as graphql-sse sends them in its distinct connections mode."""
    MULTIPART = "multipart/mixed"
    """Any number of results, as Apollo's multipart subscriptions have them."""


ONE_RESULT = (Media.JSON, Media.RESPONSE)
_RANGES = {"*/*": Media.JSON, "application/*": Media.JSON, **{media.value: media for media in Media}}
_MULTIPART_SPEC = "1.0"


@dataclass(frozen=True, slots=True)
class _Choice:
    media: Media | None
    weight: float


@lru_cache(maxsize=256)
def accepted(accept: str) -> Media | None:
    """The media type that a client prefers, of equals the first; None when it accepts none.

    No header means JSON, as clients older than `application/graphql-response+json` expect.
    """
    if not accept.strip():
        return Media.JSON
    choices = [choice for choice in map(_choice, accept.split(",")) if choice.media and choice.weight > 0]
    return max(choices, key=lambda choice: choice.weight).media if choices else None


def _choice(text: str) -> _Choice:
    name, *rest = (piece.strip() for piece in text.split(";"))
    parameters = {key.strip().lower(): value.strip(' "') for key, _, value in (piece.partition("=") for piece in rest)}
    media = _RANGES.get(name.lower())
    if media is Media.MULTIPART and parameters.get("subscriptionspec") != _MULTIPART_SPEC:
        media = None
    return _Choice(media, _weight(parameters.get("q", "1")))


def _weight(text: str) -> float:
    try:
        return min(float(text), 1.0)
    except ValueError:
        return 0.0
