"""A caller: whose tasks it sees, and what it may do with them."""

from dataclasses import dataclass
from enum import StrEnum

from services.errors import Bilingual, RequestError


class Scope(StrEnum):
    """What a key allows; `admin` allows everything."""

    SUBMIT = "submit"
    READ = "read"
    ADMIN = "admin"

    __hash__ = str.__hash__


class NotAdmitted(RequestError):
    """There are keys, and none that is valid was given."""


class ScopeMissing(RequestError):
    """The key is valid, but not for this."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks. `key_id` is empty while the server is open to all who reach it. Who came with a watch token has
    no scopes, sees the task `task_id` alone, and may stay until `ends_at_ms`.
    """

    owner: str
    scopes: frozenset[Scope]
    key_id: str = ""
    task_id: str = ""
    ends_at_ms: int | None = None

    @property
    def watched_owner(self) -> str:
        """Whose tasks are looked at one by one; `sees` tells which. Raises `ScopeMissing`."""
        return self.owner if self.task_id else self.owner_for(Scope.READ)

    def sees(self, task_id: str) -> bool:
        """Whether a task of the owner's may be shown."""
        return self.task_id in ("", task_id)

    def owner_for(self, scope: Scope) -> str:
        """The owner, for an act that needs this scope. Raises `ScopeMissing`."""
        if self is not OPEN and scope not in self.scopes and Scope.ADMIN not in self.scopes:
            raise ScopeMissing(Bilingual(f"This key lacks the scope {scope}.", f"此密钥没有 {scope} 权限。"))
        return self.owner


OPEN_OWNER = "open"
"""The one owner of everything while the server is open to all who reach it."""
OPEN = Caller(OPEN_OWNER, frozenset(Scope))


def not_admitted() -> NotAdmitted:
    """The same words for a missing, wrong, expired or revoked key."""
    return NotAdmitted(
        Bilingual(
            "Give a valid key: Authorization: Bearer KEY, or apiKey; or a watch token: ?token=TOKEN.",
            "请提供有效的密钥：Authorization: Bearer KEY，或 apiKey；或观看令牌：?token=TOKEN。",
        )
    )
