"""A caller: whose tasks it sees, and what it may do with them."""

from dataclasses import dataclass
from enum import StrEnum

from services.errors import Bilingual, RequestError


class Scope(StrEnum):
    """What a key allows; `admin` allows everything."""

    SUBMIT = "submit"
    READ = "read"
    ADMIN = "admin"


class NotAdmitted(RequestError):
    """There are keys, and none that is valid was given."""


class ScopeMissing(RequestError):
    """The key is valid, but not for this."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks. `key_id` is empty while the server is open to all who reach it."""

    owner: str
    scopes: frozenset[Scope]
    key_id: str = ""

    def owner_for(self, scope: Scope) -> str:
        """The owner, for an act that needs this scope. Raises `ScopeMissing`."""
        if scope not in self.scopes and Scope.ADMIN not in self.scopes:
            raise ScopeMissing(Bilingual(f"This key lacks the scope {scope}.", f"此密钥没有 {scope} 权限。"))
        return self.owner


OPEN_OWNER = "open"
"""The one owner of everything while the server is open to all who reach it."""
OPEN = Caller(OPEN_OWNER, frozenset(Scope))


def not_admitted() -> NotAdmitted:
    """The same words for a missing, wrong, expired or revoked key."""
    return NotAdmitted(
        Bilingual(
            "Give a valid key: Authorization: Bearer KEY, or apiKey.",
            "请提供有效的密钥：Authorization: Bearer KEY，或 apiKey。",
        )
    )
