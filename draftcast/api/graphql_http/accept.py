"""Which form of answer a client accepts, by its Accept header (RFC 9110, 12.5.1)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Media(StrEnum):
    """The forms that answers over HTTP may have."""

    JSON = "application/json"
    """One result. Its HTTP status is 200 even if the document does not fit the schema."""
    RESPONSE = "application/graphql-response+json"
    """One result, with an HTTP status that tells whether it was executed."""
    EVENTS = "text/event-stream"
    """Any number of results, as graphql-sse sends them in its mode of distinct connections."""
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
    """What a client likes best of what there is; of equals, what it names first. None: nothing.

    No header means JSON, as every client before `application/graphql-response+json` expects.
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
