"""`draftcast keys`: create, list, revoke and rotate the keys of the API."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from draftcast.cli.terminal import AsJson, keep_files_private, print_json, print_table, run, settings_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.access.audit import Act
    from services.access.callers import Scope
    from services.access.keys import Key

keys = typer.Typer(no_args_is_help=True, help="Create, list, revoke and rotate the keys of the API.")

Found = TypeVar("Found")
Name = Annotated[str, typer.Argument(help="The owner of the key: tasks belong to this name.")]


@keys.command()
def create(
    name: Name,
    scopes: Annotated[str, typer.Option(help="Its permissions: submit, read, admin; separated by commas.")] = (
        "submit,read"
    ),
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it expires; never by default.")
    ] = (None),
) -> None:
    """Create a key and print it. It cannot be printed again."""
    from services.access import keys as stored
    from services.access.audit import Act

    wanted = _scopes(scopes)
    made = _stored(lambda connection: stored.create(connection, name, wanted, expires_in_days))
    _note(Act.KEY_CREATED, name, made, scopes=sorted(wanted), expires_in_days=expires_in_days)
    typer.echo(made)


@keys.command()
def rotate(name: Name) -> None:
    """Replace a key by a new one with the same scopes, expiry and tasks, and print it."""
    from services.access import keys as stored
    from services.access.audit import Act

    made = _stored(lambda connection: stored.rotate(connection, name))
    _note(Act.KEY_ROTATED, name, made)
    typer.echo(made)


@keys.command()
def revoke(name: Name) -> None:
    """Revoke a key; running servers apply it within seconds."""
    from services.access import keys as stored
    from services.access.audit import Act, Audit

    ended = _stored(lambda connection: stored.revoke(connection, name))
    Audit(settings_of().audit_log).note(Act.KEY_REVOKED, name, ended.id, "")


@keys.command(name="list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, without their secrets."""
    from rich.table import Table

    from services.access import keys as stored
    from services.clock import now_ms

    found = _stored(stored.all_keys)
    if as_json:
        for key in found:
            print_json(_key_object(key, now_ms()))
        return
    table = Table("name", "id", "scopes", "created", "expires", "", box=None)
    for key in found:
        ends = _day(key.expires_at_ms) if key.expires_at_ms else "never"
        state = _state(key, now_ms())
        scopes = ",".join(sorted(key.scopes))
        table.add_row(key.name, key.id, scopes, _day(key.created_at_ms), ends, "" if state == "valid" else state)
    print_table(table)


def _key_object(key: "Key", at_ms: int) -> dict[str, object]:
    """A key for programs."""
    from services.clock import rfc3339

    return {
        "name": key.name,
        "id": key.id,
        "scopes": sorted(key.scopes),
        "state": _state(key, at_ms),
        "created_at": rfc3339(key.created_at_ms),
        "expires_at": None if key.expires_at_ms is None else rfc3339(key.expires_at_ms),
        "revoked_at": None if key.revoked_at_ms is None else rfc3339(key.revoked_at_ms),
    }


def _state(key: "Key", at_ms: int) -> str:
    return "revoked" if key.revoked_at_ms else "valid" if key.valid_at(at_ms) else "expired"


def _note(act: "Act", name: str, made: str, **facts: object) -> None:
    from services.access import keys as stored
    from services.access.audit import Audit

    Audit(settings_of().audit_log).note(act, name, stored.key_id(made) or "", "", **facts)


def _scopes(text: str) -> "list[Scope]":
    from services.access import keys as stored
    from services.access.callers import Scope

    words = text.replace(",", " ").split()
    known = [scope.value for scope in Scope]
    if not words or any(word not in known for word in words):
        raise stored.KeyRefused(f"scopes are {', '.join(known)}, not {text!r}")
    return [Scope(word) for word in words]


def _stored(act: "Callable[[AsyncConnection], Awaitable[Found]]") -> Found:
    """The result of an act on the database of the settings."""
    from services.migrate import migrate
    from services.store.database import Database

    settings = settings_of()
    keep_files_private()
    migrate(settings.database)

    async def once() -> Found:
        database = Database(settings.database)
        try:
            async with database.write() as connection:
                return await act(connection)
        finally:
            await database.close()

    found: Found = run(once())
    return found


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
