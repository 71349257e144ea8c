"""Families of transitions, animations, effects, filters, masks and blend modes, looked up by id and by name.

The motion of a transition, an animation or an effect lies in a resource of the apps; a draft holds its name and ids.
A name that says no more than its family ("模糊", "Blur II") is drawn as that family. A name that says more ("泡泡模糊",
"Bubble Blur") is drawn as the family too, with a warning. Ids stay the same where an app shows names in another
language: `ids.txt` has a row for each family, `TABLE FAMILY plain|near ID...`, written by setup/make_family_ids.py.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar
from unicodedata import normalize

from services.drafts.fields import Fields

K = TypeVar("K", bound=StrEnum)
_NUMBERED = re.compile(r"(?<=[^a-z])(i{1,4}|iv|v|vi|ll)$|\d+$")
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """The family of a name; `exact` when the name says no more than that."""

    kind: K
    exact: bool


@dataclass(frozen=True, slots=True)
class Families(Generic[K]):
    """Families by their names and by words, both as `normalized` writes them; earlier words take precedence."""

    table: str
    """Table of `ids.txt` with the ids of these families."""
    names: dict[str, K]
    words: tuple[tuple[str, K], ...]
    excluded: tuple[str, ...] = ()
    """Words of names that belong to no family, whatever else they contain."""

    def find(self, name: str) -> Match[K] | None:
        """The family of a name; None for an unknown one."""
        wanted = normalized(name)
        if wanted in self.names:
            return Match(self.names[wanted], exact=True)
        if not wanted or any(word in wanted for word in self.excluded):
            return None
        kind = next((kind for word, kind in self.words if word in wanted), None)
        return Match(kind, exact=False) if kind is not None else None

    def of(self, fields: Fields) -> Match[K] | None:
        """The family of a material: by its ids, else by its name; None for an unknown one."""
        ids = (fields.label(name) for name in ("resource_id", "effect_id", "id"))
        table = _tables().get(self.table, {})
        known = next((table[found] for found in ids if found in table), None)
        if known is None:
            return self.find(fields.label("name"))
        family, exact = known
        kind = next((kind for kind in self.names.values() if kind == family), None)
        return Match(kind, exact=exact) if kind is not None else None


@cache
def _tables() -> dict[str, dict[str, tuple[str, bool]]]:
    """By table and id: the family, and whether the name behind the id says no more than that. Read on first use."""
    tables: dict[str, dict[str, tuple[str, bool]]] = {}
    text = files("services.drafts.families").joinpath("ids.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        table, family, how, *ids = line.split()
        tables.setdefault(table, {}).update(dict.fromkeys(ids, (family, how == "plain")))
    return tables


def families(table: str, *rows: tuple[K, str, str], excluded: str = "") -> Families[K]:
    """Families from rows of (kind, names, words), names and words separated by spaces; `table` has their ids."""
    names: dict[str, K] = {}
    words: list[tuple[str, K]] = []
    for kind, spelled, parts in rows:
        for name in spelled.split():
            names.setdefault(normalized(name), kind)
        words += [(word, kind) for word in parts.split()]
    return Families(table, names, tuple(words), tuple(excluded.split()))


def normalized(name: str) -> str:
    """A name for comparison: lower case, without spaces and punctuation, and without a number at its end."""
    spaced = _SEPARATORS.sub(" ", normalize("NFKC", name).casefold()).strip()
    return _NUMBERED.sub("", spaced).replace(" ", "")
