"""The catalogue: ids, names and default durations of what JianYing and CapCut offer.

One file a table, one line an entry: `IDS KIND APPS MILLISECONDS NAMES`, separated by tabs, ids by commas and names by
bars; written by setup/make_catalogue.py. A table is read on its first use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """An entry of the catalogue. `ids` are the resource's, the long one first; `apps` has a letter for each app, `j`
    JianYing and `c` CapCut; `duration_ms` is the app's default, 0 where there is none.
    """

    ids: tuple[str, ...]
    kind: str
    apps: str
    duration_ms: int
    names: tuple[str, ...]

    def joined(self, other: "Entry") -> "Entry":
        """Both entries as one: `other` goes first."""
        ids, names = (dict.fromkeys((*one, *more)) for one, more in ((other.ids, self.ids), (other.names, self.names)))
        apps = "".join(dict.fromkeys(other.apps + self.apps))
        return Entry(tuple(ids), self.kind, apps, other.duration_ms or self.duration_ms, tuple(names))


def written(entries: list[Entry]) -> str:
    """The text of a table."""
    rows = (
        (",".join(entry.ids), entry.kind, entry.apps, str(entry.duration_ms), "|".join(entry.names))
        for entry in entries
    )
    return "".join("\t".join(row) + "\n" for row in rows)


def read_entries(table: str) -> tuple[Entry, ...]:
    """The entries of a table."""
    return tuple(_entry(line) for line in _text(table).splitlines())


@cache
def names_of(table: str, wanted: str) -> tuple[str, ...]:
    """The names of a table's entries of an id; empty for an unknown one.

    The text is searched: to read a table into a mapping takes longer than a draft's few searches.
    """
    return tuple(name for row in _rows(_text(table), wanted) for name in row.rsplit("\t", 1)[1].split("|"))


def _rows(text: str, wanted: str) -> Iterator[str]:
    """The lines with an id."""
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        if wanted in text[start : text.find("\t", at)].split(","):
            yield text[start:end]
        at = text.find(wanted, end)


@cache
def _text(table: str) -> str:
    return files(__name__).joinpath(f"{table}.tsv").read_text(encoding="utf-8")


def _entry(line: str) -> Entry:
    ids, kind, apps, duration_ms, names = line.split("\t")
    return Entry(tuple(ids.split(",")), kind, apps, int(duration_ms), tuple(names.split("|")))
