"""The payloads of mutations."""

import strawberry

from resolvers.error_table import UserErrorCode, error_entry
from schema.described import described, plain
from schema.enums import Locale
from schema.scalars import DateTime
from schema.task_fields import Language, at, localized
from schema.tasks import VideoTask
from services.access.limits import QuotaExceeded
from services.access.watch_tokens import WatchToken
from services.errors import Bilingual, RequestError
from services.store.records import Submitted


@described
@strawberry.type
class UserError:
    """An error that the caller can correct."""

    text: strawberry.Private[Bilingual]
    code: UserErrorCode = strawberry.field(description="The kind of error, for programs.")
    path: list[str] | None = strawberry.field(description="The path of the argument, from the outside in.")
    reset_at: DateTime | None = strawberry.field(description="QUOTA_EXCEEDED: the end of the limit.")

    @strawberry.field
    @plain
    def message(self, locale: Language = Locale.EN) -> str:
        """The error, for people."""
        return localized(self.text, locale)

    @classmethod
    def of(cls, error: RequestError, *within: str) -> "UserError":
        """The GraphQL object of an error; `within` is the path of the input that has its argument."""
        path = [*within, *error.path] if error.path else None
        resets_at_ms = error.resets_at_ms if isinstance(error, QuotaExceeded) else None
        return cls(
            code=UserErrorCode(error_entry(error).code), text=error.message, path=path, reset_at=at(resets_at_ms)
        )


@described
@strawberry.type
class SubmitVideoTaskPayload:
    """The result of a submit: a task, or errors."""

    task: VideoTask | None = strawberry.field(description="The task, which is stored.")
    created: bool = strawberry.field(description="Whether the task is new. False: the request joined an existing task.")
    errors: list[UserError] = strawberry.field(description="The errors; empty when there is a task.")

    @classmethod
    def of(cls, found: Submitted | RequestError, *within: str) -> "SubmitVideoTaskPayload":
        """The payload of a result or an error; `within` is the path of the input."""
        if isinstance(found, RequestError):
            return cls(task=None, created=False, errors=[UserError.of(found, *within)])
        return cls(task=VideoTask.of(found.task), created=found.created, errors=[])


@described
@strawberry.type
class SubmitVideoTasksPayload:
    """The results of several submits, in the order of their inputs."""

    results: list[SubmitVideoTaskPayload] = strawberry.field(description="A task, or errors, for each input.")
    errors: list[UserError] = strawberry.field(description="Errors of the whole request: then there are no results.")


@described
@strawberry.type
class VideoTaskPayload:
    """The result of a change of a task: the task, or errors."""

    task: VideoTask | None = strawberry.field(description="The task after the change.")
    errors: list[UserError] = strawberry.field(description="The errors; empty when there is a task.")


@described
@strawberry.type
class WatchTokenPayload:
    """The result of creating a watch token: the token, or errors."""

    token: str | None = strawberry.field(
        description="Send it as `token` in connection_init, as a bearer, or as `?token=` in an address."
    )
    expires_at: DateTime | None = strawberry.field(description="Its expiry. It also ends with the key that made it.")
    errors: list[UserError] = strawberry.field(description="The errors; empty when there is a token.")

    @classmethod
    def of(cls, made: WatchToken) -> "WatchTokenPayload":
        """The payload of a token."""
        return cls(token=made.text, expires_at=DateTime(made.ends_at_ms), errors=[])
