"""What is carried along while a draft is read: its materials, and what it may still hold."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.drafts.fields import Fields, Warnings
from services.drafts.read.material_index import Materials
from services.drafts.read.text import Captions
from services.drafts.records import Draft
from services.errors import ErrorCode, Failed, Failure

MAX_SEGMENTS = 5000
MAX_KEYFRAMES = 10_000
MAX_COMPOUND_DEPTH = 3
"""Levels of drafts within drafts that are read."""


@dataclass(slots=True)
class ReadBudget:
    """How many more a draft may hold, its compound clips counted in."""

    segments: int = MAX_SEGMENTS
    keyframes: int = MAX_KEYFRAMES


class Compounds:
    """The drafts within a draft: each is read once, however many segments show it."""

    def __init__(self, read: Callable[[Fields], Draft]) -> None:
        self._read_draft = read
        self._read: dict[str, tuple[Draft | Failure, Warnings]] = {}
        self._reported: dict[str, Warnings] = {}

    def read(self, fields: Fields) -> Draft | Failure:
        """The draft in a material of `drafts`, or why it cannot be drawn. Raises `Failed` (DRAFT_TOO_LARGE)."""
        if fields.path not in self._read:
            warnings = Warnings()
            self._read[fields.path] = self._outcome(fields.object("draft").with_warnings(warnings)), warnings
        outcome, warnings = self._read[fields.path]
        if self._reported.get(fields.path) is not fields.warnings:
            fields.warnings.extend(warnings)
            self._reported[fields.path] = fields.warnings
        return outcome

    def _outcome(self, draft: Fields) -> Draft | Failure:
        try:
            return self._read_draft(draft)
        except Failed as error:
            if error.failure.code is ErrorCode.DRAFT_TOO_LARGE:
                raise
            return error.failure


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What the segments of one draft are read with."""

    materials: Materials
    budget: ReadBudget
    compounds: Compounds | None
    """None in a draft so deep within others that no more are read."""
    captions: Captions = field(default_factory=Captions)
