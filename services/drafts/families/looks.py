"""Colour tables of the operator (DRAFTCAST_LOOKS): `.cube` files named by the id or a name of a filter or an effect."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from services.drafts.families.catalogue import names_of
from services.drafts.fields import Fields

_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Looks:
    """The files by their names, as `_spelled` writes them."""

    files: Mapping[str, Path] = field(default_factory=dict[str, Path])

    def of(self, table: str, fields: Fields) -> Path | None:
        """The file of a material; None if there is none.

        It is looked up by the ids, then by their names in a table of the catalogue, then by the material's name.
        """
        if not self.files:
            return None
        ids = [fields.label(name) for name in ("resource_id", "effect_id", "id")]
        names = [name for found in ids for name in names_of(table, found)]
        spelled = (_spelled(name) for name in (*ids, *names, fields.label("name")))
        return next((self.files[name] for name in spelled if name in self.files), None)


def find_looks(folders: Iterable[Path]) -> Looks:
    """The `.cube` files of some folders; the first of a name counts. Raises `OSError` for a missing folder."""
    found: dict[str, Path] = {}
    for path in look_files(folders):
        found.setdefault(_spelled(path.stem), path)
    return Looks(found)


def look_files(folders: Iterable[Path]) -> Iterator[Path]:
    """The `.cube` files of some folders, in order of their names. Raises `OSError` for a missing folder."""
    for folder in folders:
        yield from sorted(path for path in folder.iterdir() if path.suffix.casefold() == ".cube")


def _spelled(name: str) -> str:
    """A name for comparison, with the number at its end: `Dusk` and `Dusk 2` are two filters."""
    return _SEPARATORS.sub("", normalize("NFKC", name).casefold())
