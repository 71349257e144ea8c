"""What mutations answer."""

import strawberry

from resolvers.problems import UserErrorCode, problem_of
from schema.described import described
from schema.tasks import VideoTask
from services.errors import RequestError


@described
@strawberry.type
class UserError:
    """Something the caller can mend."""

    code: UserErrorCode = strawberry.field(description="The kind of error, for programs.")
    message: str = strawberry.field(description="What to mend, for people.")
    path: list[str] | None = strawberry.field(description="The argument it is about, from the outside in.")

    @classmethod
    def of(cls, error: RequestError, *within: str) -> "UserError":
        """An error as clients see it; `within` is the argument that holds the one it names."""
        path = [*within, *error.path] if error.path else None
        return cls(code=UserErrorCode(problem_of(error).code), message=error.message.en, path=path)


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
