"""The context in which a draft's segments are read: its materials, and the budget of segments and keyframes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.drafts.families.looks import Looks
from services.drafts.fields import Fields, Warnings
from services.drafts.read.canvas import Canvas
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
    """The numbers of segments and keyframes that a draft, with its compound clips, may still hold."""

    segments: int = MAX_SEGMENTS
    keyframes: int = MAX_KEYFRAMES


class Compounds:
    """The drafts within a draft. Each is read once, even when several segments use it."""

    def __init__(self, read: Callable[[Fields], Draft]) -> None:
        self._read_draft = read
        self._read: dict[str, tuple[Draft | Failure, Warnings]] = {}
        self._reported: dict[str, Warnings] = {}

    def read(self, fields: Fields) -> Draft | Failure:
        """The draft of a material of `drafts`, or the failure to read it. Raises `Failed` (DRAFT_TOO_LARGE)."""
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
    """The context of one draft's segments."""

    materials: Materials
    budget: ReadBudget
    canvas: Canvas
    compounds: Compounds | None
    """None in a draft at the deepest level that is read."""
    captions: Captions = field(default_factory=Captions)
    looks: Looks = field(default_factory=Looks)
