"""What mutations answer."""

import strawberry

from resolvers.error_table import UserErrorCode, error_entry
from schema.described import described
from schema.scalars import DateTime
from schema.task_fields import at
from schema.tasks import VideoTask
from services.access.limits import QuotaExceeded
from services.access.watch_tokens import WatchToken
from services.errors import RequestError


@described
@strawberry.type
class UserError:
    """Something the caller can mend."""

    code: UserErrorCode = strawberry.field(description="The kind of error, for programs.")
    message: str = strawberry.field(description="What to mend, for people.")
    path: list[str] | None = strawberry.field(description="The argument it is about, from the outside in.")
    reset_at: DateTime | None = strawberry.field(description="QUOTA_EXCEEDED: when the limit begins anew.")

    @classmethod
    def of(cls, error: RequestError, *within: str) -> "UserError":
        """An error as clients see it; `within` is the argument that holds the one it names."""
        path = [*within, *error.path] if error.path else None
        resets_at_ms = error.resets_at_ms if isinstance(error, QuotaExceeded) else None
        return cls(
            code=UserErrorCode(error_entry(error).code), message=error.message.en, path=path, reset_at=at(resets_at_ms)
        )


@described
@strawberry.type
class SubmitVideoTaskPayload:
    """The answer to a submit: a task, or errors."""

    task: VideoTask | None = strawberry.field(description="The task; it is on disk by now.")
    created: bool = strawberry.field(description="Whether it is new. False: the request joined a task that was there.")
    errors: list[UserError] = strawberry.field(description="What to mend; empty when there is a task.")


@described
@strawberry.type
class VideoTaskPayload:
    """The answer to a change of a task: the task, or errors."""

    task: VideoTask | None = strawberry.field(description="The task after the change.")
    errors: list[UserError] = strawberry.field(description="What to mend; empty when there is a task.")


@described
@strawberry.type
class WatchTokenPayload:
    """The answer to a wish for a watch token: the token, or errors."""

    token: str | None = strawberry.field(
        description="Send it as `token` in connection_init, as a bearer, or as `?token=` in an address."
    )
    expires_at: DateTime | None = strawberry.field(description="When it ends. It ends with the key that made it, too.")
    errors: list[UserError] = strawberry.field(description="What to mend; empty when there is a token.")

    @classmethod
    def of(cls, made: WatchToken) -> "WatchTokenPayload":
        """A token as clients get it."""
        return cls(token=made.text, expires_at=DateTime(made.ends_at_ms), errors=[])
