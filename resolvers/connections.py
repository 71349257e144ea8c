"""The open connections, for operators."""

from resolvers.context import Context
from services.access.audit import Act
from services.access.callers import Scope
from services.errors import Bilingual, InvalidInput
from services.live.connections import MOST_ANSWERED, Connection


async def connections(context: Context, first: int) -> list[Connection]:
    """The open connections of all owners. Raises `NotAdmitted`, `ScopeMissing` or `InvalidInput`."""
    context.require(Scope.ADMIN)
    if not 1 <= first <= MOST_ANSWERED:
        text = Bilingual(f"first must be 1 to {MOST_ANSWERED}.", f"first 必须在 1 到 {MOST_ANSWERED} 之间。")
        raise InvalidInput(text, path=("first",))
    return await context.services.connections.all(first)


async def end(context: Context, connection_id: str) -> None:
    """End a connection. Raises `NotAdmitted`, `ScopeMissing` or `ConnectionNotFound`."""
    context.require(Scope.ADMIN)
    await context.services.connections.end(connection_id)
    context.note(Act.CONNECTION_ENDED, connection=connection_id)
