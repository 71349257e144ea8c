"""The caller of a request: its owner and scopes."""

from dataclasses import dataclass
from enum import StrEnum

from services.clock import now_ms
from services.errors import Bilingual, RequestError


class Scope(StrEnum):
    """The permissions of a key; `admin` includes all others."""

    SUBMIT = "submit"
    READ = "read"
    ADMIN = "admin"

    __hash__ = str.__hash__


class NotAdmitted(RequestError):
    """The server has keys, and the request has no valid one."""


class ScopeMissing(RequestError):
    """The key is valid, but lacks the scope."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request, until the key or token ends at `ends_at_ms` (UTC milliseconds; None: never). `key_id` is
    empty while the server has no keys. A guest, with a watch token, has no scopes and sees the task `task_id` alone.
    """

    owner: str
    scopes: frozenset[Scope]
    key_id: str = ""
    task_id: str = ""
    ends_at_ms: int | None = None

    def has_ended(self) -> bool:
        """Whether the key or token has expired."""
        return self.ends_at_ms is not None and self.ends_at_ms <= now_ms()

    @property
    def watched_owner(self) -> str:
        """The owner whose single tasks may be read, as far as `sees` allows. Raises `ScopeMissing`."""
        return self.owner if self.task_id else self.owner_for(Scope.READ)

    def sees(self, task_id: str) -> bool:
        """Whether a task of the owner is visible to the caller."""
        return self.task_id in ("", task_id)

    def owner_for(self, scope: Scope) -> str:
        """The owner, if the caller has this scope. Raises `ScopeMissing`."""
        if self is not OPEN and scope not in self.scopes and Scope.ADMIN not in self.scopes:
            raise ScopeMissing(Bilingual(f"This key lacks the scope {scope}.", f"此密钥没有 {scope} 权限。"))
        return self.owner


OPEN_OWNER = "open"
"""The owner of all tasks while the server has no keys."""
OPEN = Caller(OPEN_OWNER, frozenset(Scope))


def not_admitted() -> NotAdmitted:
    """The same error for a missing, wrong, expired or revoked key."""
    return NotAdmitted(
        Bilingual(
            "Give a valid key: Authorization: Bearer KEY, or apiKey; or a watch token: ?token=TOKEN.",
            "请提供有效的密钥：Authorization: Bearer KEY，或 apiKey；或观看令牌：?token=TOKEN。",
        )
    )


def key_ended() -> NotAdmitted:
    """The error of a caller whose key was revoked, or whose key or token has expired, while it was answered."""
    return NotAdmitted(Bilingual("The key has ended.", "密钥已失效。"))
