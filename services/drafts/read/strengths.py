"""Keyframes of the strength of effects, filters and adjustments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from services.drafts.curves import Curve, Property
from services.drafts.fields import Fields
from services.drafts.read.context import ReadBudget
from services.drafts.read.keyed_names import is_strength
from services.drafts.read.keyframes import KeyframeTimes, moves_segment, read_list, warn_unplayed
from services.drafts.read.switches import keyed_on
from services.drafts.read.unsupported import MAX_LISTED
from services.drafts.records import TrackKind


@dataclass(slots=True)
class Strengths:
    """The strengths of a segment's effects over time, by the names of their lists; each moves one effect."""

    _found: dict[str, tuple[Fields, Curve]] = field(default_factory=dict[str, tuple[Fields, Curve]])

    @classmethod
    def read(cls, kind: TrackKind, fields: Fields, budget: ReadBudget, clock: KeyframeTimes) -> "Strengths":
        """Those of a segment's `common_keyframes`."""
        found = cls()
        for listed in islice(fields.objects("common_keyframes"), MAX_LISTED):
            name = listed.label("property_type")
            wanted = is_strength(name) and not moves_segment(kind, name) and name not in found._found
            if wanted and keyed_on(fields, name):
                for curve in read_list(listed, fields, (Property.STRENGTH,), budget, clock):
                    found._found[name] = listed, curve
        return found

    def take(self, *names: str) -> Curve | None:
        """The curve of the first of some names that there is; another effect does not get it."""
        name = next((name for name in names if name in self._found), None)
        return self._found.pop(name)[1] if name is not None else None

    @property
    def left(self) -> Iterator[str]:
        """The names of the curves that nothing has taken."""
        yield from tuple(self._found)

    def warn_left(self, fields: Fields) -> None:
        """Warn of the curves that move nothing."""
        for listed, _ in self._found.values():
            warn_unplayed(fields, listed)
