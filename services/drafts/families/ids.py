"""The families of the ids under which the apps know things: they stay the same where an app shows names in
another language.

`ids.txt` has a row for each family, `TABLE FAMILY plain|near ID...`; setup/make_family_ids.py writes it.
"""

from functools import cache
from importlib.resources import files
from typing import TypeAlias

Known: TypeAlias = tuple[str, bool]
"""A family, and whether the name behind the id says no more than that."""


def family_of_id(table: str, found: str) -> Known | None:
    """The family of an id among those of one table; None for one that is not listed."""
    return _tables().get(table, {}).get(found)


@cache
def _tables() -> dict[str, dict[str, Known]]:
    """The families by table and id; read when the first id is asked for."""
    tables: dict[str, dict[str, Known]] = {}
    text = files("services.drafts.families").joinpath("ids.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        table, family, how, *ids = line.split()
        tables.setdefault(table, {}).update(dict.fromkeys(ids, (family, how == "plain")))
    return tables
