"""What the apps know by a name, sorted into families: how a name is looked up.

The motion of a transition, an animation or an effect lies in a resource of the apps'; a draft holds its name
and ids. A name that says no more than a family's own ("模糊", "Blur II") is drawn as that family. One that says
more ("泡泡模糊", "Bubble Blur") is drawn as the family too, but differs from it: that is told.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar
from unicodedata import normalize

from services.drafts.families.ids import family_of_id
from services.drafts.fields import Fields

K = TypeVar("K", bound=StrEnum)
_NUMBERED = re.compile(r"(?<=[^a-z])(i{1,4}|iv|v|vi|ll)$|\d+$")
_PARTED = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """The family of a name; `plain` when the name says no more than that."""

    kind: K
    plain: bool


@dataclass(frozen=True, slots=True)
class Families(Generic[K]):
    """Families by their plain names and by words, as `squashed` writes them; earlier words go before later ones."""

    table: str
    """Of `ids.txt`: where the ids of what is named so are."""
    plain: dict[str, K]
    words: tuple[tuple[str, K], ...]
    never: tuple[str, ...] = ()
    """Words of names that are of no family, whatever else they say."""

    def find(self, name: str) -> Match[K] | None:
        """The family of a name; None for one that is unknown."""
        wanted = squashed(name)
        if wanted in self.plain:
            return Match(self.plain[wanted], plain=True)
        if not wanted or any(word in wanted for word in self.never):
            return None
        kind = next((kind for word, kind in self.words if word in wanted), None)
        return Match(kind, plain=False) if kind is not None else None

    def of(self, fields: Fields) -> Match[K] | None:
        """The family of a material: by the ids that do not change with the app's language, else by its name."""
        ids = (fields.label(name) for name in ("resource_id", "effect_id", "id"))
        known = next((known for found in ids if (known := family_of_id(self.table, found))), None)
        if known is not None:
            family, plain = known
            kind = next((kind for kind in self.plain.values() if kind == family), None)
            return Match(kind, plain=plain) if kind is not None else None
        return self.find(fields.label("name"))


def families(table: str, *rows: tuple[K, str, str], never: str = "") -> Families[K]:
    """Families from rows of (kind, plain names, words), names and words separated by spaces; `table` has their ids."""
    plain: dict[str, K] = {}
    words: list[tuple[str, K]] = []
    for kind, names, parts in rows:
        for name in names.split():
            plain.setdefault(squashed(name), kind)
        words += [(word, kind) for word in parts.split()]
    return Families(table, plain, tuple(words), tuple(never.split()))


def squashed(name: str) -> str:
    """A name as it is compared: small letters, without spaces and signs, and without a number at its end."""
    plain = _PARTED.sub(" ", normalize("NFKC", name).casefold()).strip()
    return _NUMBERED.sub("", plain).replace(" ", "")
