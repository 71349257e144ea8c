"""Families of transitions, animations, effects, filters, masks and blend modes, looked up by id and by name.

The motion of a transition, an animation or an effect lies in a resource of the apps; a draft holds its name and ids.
A name that says no more than its family ("模糊", "Blur II") is drawn as that family. A name that says more ("泡泡模糊",
"Bubble Blur") is drawn as the family too, with a warning. Ids stay the same where an app shows names in another
language: the catalogue has the names of an id, and they go before the draft's.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar
from unicodedata import normalize

from services.drafts.design import PLAIN, Variation
from services.drafts.families.catalogue import names_of
from services.drafts.families.variation import variation
from services.drafts.fields import Fields

K = TypeVar("K", bound=StrEnum)
_NUMBERED = re.compile(r"(?<=[^a-z])(i{1,4}|iv|v|vi|ll)$|\d+$")
_KIND_NOUN = re.compile(r"(转场|特效|动画|滤镜|transition|effect|animation|filter)$")
"""It names no motion, though its characters may (转)."""
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """The family of a name; `exact` when the name says no more than that, else it has a look of its own in it."""

    kind: K
    exact: bool
    look: Variation = PLAIN
    name: str = ""
    """The normalized name."""


@dataclass(frozen=True, slots=True)
class Families(Generic[K]):
    """Families by their names and by words, both as `normalized` writes them; earlier words take precedence. A name may
    have a number at its end, of which it is one.
    """

    table: str
    """The table of the catalogue with the ids of these families."""
    names: dict[str, K]
    words: tuple[tuple[str, K], ...]
    excluded: tuple[str, ...] = ()
    """Words of names that belong to no family, whatever else they contain."""

    def find(self, name: str) -> Match[K] | None:
        """The family of a name; None for an unknown one."""
        wanted = normalized(name)
        known = next((spelled for spelled in (_bare(name), wanted) if spelled in self.names), None)
        if known is not None:
            return Match(self.names[known], exact=True)
        if not wanted or any(word in wanted for word in self.excluded):
            return None
        said = _KIND_NOUN.sub("", wanted)
        kind = next((kind for word, kind in self.words if word in said or word == wanted[len(said) :]), None)
        return Match(kind, exact=False, look=variation(wanted), name=wanted) if kind is not None else None

    def of(self, fields: Fields) -> Match[K] | None:
        """The family of a material: by the listed name of its id, else by its own; None for an unknown one."""
        ids = (fields.label(name) for name in ("resource_id", "effect_id", "id"))
        listed = next((names for found in ids if (names := names_of(self.table, found))), ())
        return next((match for name in (*listed, fields.label("name")) if (match := self.find(name))), None)


def families(table: str, *rows: tuple[K, str, str], excluded: str = "") -> Families[K]:
    """Families from rows of (kind, names, words), names and words separated by spaces; `table` has their ids."""
    names: dict[str, K] = {}
    words: list[tuple[str, K]] = []
    for kind, spelled, parts in rows:
        for name in spelled.split():
            names.setdefault(_bare(name), kind)
        words += [(word, kind) for word in parts.split()]
    return Families(table, names, tuple(words), tuple(excluded.split()))


def normalized(name: str) -> str:
    """A name for comparison: lower case, without spaces and punctuation, and without a number at its end."""
    return _NUMBERED.sub("", _spaced(name)).replace(" ", "")


def _bare(name: str) -> str:
    """The same with its number."""
    return _spaced(name).replace(" ", "")


def _spaced(name: str) -> str:
    return _SEPARATORS.sub(" ", normalize("NFKC", name).casefold()).strip()
