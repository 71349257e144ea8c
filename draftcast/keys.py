"""`draftcast keys`: making, listing, ending and replacing the keys of the API."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from services.access.audit import Act, Audit
from services.access.callers import Scope
from services.clock import now_ms
from services.settings import load

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

keys = typer.Typer(no_args_is_help=True, help="Make, list, end and replace the keys of the API.")

Found = TypeVar("Found")
Name = Annotated[str, typer.Argument(help="Whose key it is: tasks belong to this name.")]


@keys.command()
def create(
    name: Name,
    scopes: Annotated[str, typer.Option(help="What it allows: submit, read, admin; separated by commas.")] = (
        "submit,read"
    ),
    expires_in_days: Annotated[int | None, typer.Option(min=1, max=3650, help="For how long; for ever by default.")] = (
        None
    ),
) -> None:
    """Make a key and print it, this once."""
    from services.access import keys as stored

    wanted = _scopes(scopes)
    made = _stored(lambda connection: stored.create(connection, name, wanted, expires_in_days))
    _note(Act.KEY_CREATED, name, made, scopes=sorted(wanted), expires_in_days=expires_in_days)
    typer.echo(made)


@keys.command()
def rotate(name: Name) -> None:
    """Replace a key by a new one with the same scopes, end and tasks, and print it, this once."""
    from services.access import keys as stored

    made = _stored(lambda connection: stored.rotate(connection, name))
    _note(Act.KEY_ROTATED, name, made)
    typer.echo(made)


@keys.command()
def revoke(name: Name) -> None:
    """End a key; running servers know within seconds."""
    from services.access import keys as stored

    ended = _stored(lambda connection: stored.revoke(connection, name))
    Audit(load().audit_log).note(Act.KEY_REVOKED, name, ended.id, "")


@keys.command(name="list")
def list_keys() -> None:
    """List all keys, without their secrets."""
    from services.access import keys as stored

    table = Table("name", "id", "scopes", "made", "ends", "", box=None)
    for key in _stored(stored.all_keys):
        state = "revoked" if key.revoked_at_ms else "" if key.valid_at(now_ms()) else "expired"
        ends = _day(key.expires_at_ms) if key.expires_at_ms else "never"
        table.add_row(key.name, key.id, ",".join(sorted(key.scopes)), _day(key.created_at_ms), ends, state)
    Console(highlight=False).print(table)


def _note(act: Act, name: str, made: str, **facts: object) -> None:
    from services.access import keys as stored

    Audit(load().audit_log).note(act, name, stored.key_id(made) or "", "", **facts)


def _scopes(text: str) -> list[Scope]:
    from services.access import keys as stored

    words = text.replace(",", " ").split()
    known = [scope.value for scope in Scope]
    if not words or any(word not in known for word in words):
        raise stored.KeyRefused(f"scopes are {', '.join(known)}, not {text!r}")
    return [Scope(word) for word in words]


def _stored(act: "Callable[[AsyncConnection], Awaitable[Found]]") -> Found:
    """What comes of an act on the database of the settings."""
    from services.tasks.migrate import migrate_tables
    from services.tasks.store.database import Database

    settings = load()
    migrate_tables(settings.database)

    async def once() -> Found:
        database = Database(settings.database)
        try:
            async with database.write() as connection:
                return await act(connection)
        finally:
            await database.close()

    return asyncio.run(once())


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
