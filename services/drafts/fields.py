"""Tolerant access to a draft's JSON: a field of the wrong type counts as missing, with one warning."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard, TypeVar, cast

from services.errors import Bilingual, DraftWarning, WarningCode
from services.warning_limit import MAX_WARNINGS, more_warnings

T = TypeVar("T")
MAX_LABEL_LENGTH = 120
"""Characters of an id or a name in messages."""


@dataclass(slots=True)
class Warnings:
    """The warnings of a read: one for each code, segment and effect, at most `MOST_WARNINGS`."""

    _found: dict[tuple[WarningCode, str | None, str], DraftWarning] = field(
        default_factory=dict[tuple[WarningCode, str | None, str], DraftWarning]
    )
    _overflowed: bool = False

    def found(self) -> tuple[DraftWarning, ...]:
        """The warnings; where there were too many, a last one says so."""
        if not self._overflowed:
            return tuple(self._found.values())
        return (*self._found.values(), more_warnings())

    def add(
        self,
        code: WarningCode,
        en: str,
        zh: str,
        *,
        segment_id: str | None = None,
        material_name: str | None = None,
        effect_id: str | None = None,
    ) -> None:
        """Add a warning, unless it is a repetition; those without an effect's id are compared by their text."""
        self._keep(
            DraftWarning(
                code=code,
                message=Bilingual(en, zh),
                segment_id=segment_id,
                material_name=material_name or None,
                effect_id=effect_id or None,
            )
        )

    def add_for_segment(self, others: "Warnings", segment_id: str) -> None:
        """Add the warnings of one segment for another segment that shares its material."""
        for warning in others.found():
            self._keep(replace(warning, segment_id=segment_id) if warning.segment_id else warning)

    def extend(self, others: "Warnings") -> None:
        """Add other warnings."""
        for warning in others.found():
            self._keep(warning)

    def _keep(self, warning: DraftWarning) -> None:
        key = (warning.code, warning.segment_id, warning.effect_id or warning.message.en)
        if key in self._found:
            return
        if len(self._found) < MAX_WARNINGS:
            self._found[key] = warning
        else:
            self._overflowed = True


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object of a draft; `path` is its position in the document, for messages."""

    values: dict[str, Any]
    path: str
    warnings: Warnings

    def has(self, name: str) -> bool:
        """Whether the field exists and is not null."""
        return self.values.get(name) is not None

    @property
    def own_id(self) -> str:
        """The object's id; its path when it has none."""
        return self.label("id") or self.path

    def with_warnings(self, warnings: Warnings) -> "Fields":
        """The object with another collection of warnings."""
        return replace(self, warnings=warnings)

    def empty(self, name: str) -> "Fields":
        """An empty object, for a missing part."""
        return Fields({}, f"{self.path}.{name}", self.warnings)

    def label(self, name: str) -> str:
        """A string for messages (an id or a name), cut to `MAX_LABEL_LENGTH`."""
        return self.text(name)[:MAX_LABEL_LENGTH]

    def title(self, name: str) -> str:
        """A string as `label` gives it; empty, without a warning, for any other value."""
        return self.label(name) if isinstance(self.values.get(name), str) else ""

    def describe(self, name: str) -> str:
        """A field's value as text for messages."""
        value = self.values.get(name)
        if isinstance(value, dict | list):
            return "an object" if isinstance(value, dict) else "a list"
        return "missing" if value is None else f"{value!r:.50}"

    def text(self, name: str, default: str = "") -> str:
        """A string; lone surrogates and NUL become U+FFFD."""
        value = self.values.get(name)
        if isinstance(value, str):
            return clean_text(value)
        return self._unexpected(name, value, default)

    def number(self, name: str, default: float = 0.0, least: float = -1e15, most: float = 1e15) -> float:
        """A finite number, clamped to `least` and `most`."""
        value = self.values.get(name)
        number = finite(value)
        return self._unexpected(name, value, default) if number is None else min(max(number, least), most)

    def microseconds(self, name: str, default: int = 0) -> int:
        """A time or duration in whole microseconds."""
        return round(self.number(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean; integers are accepted as well."""
        value = self.values.get(name)
        if isinstance(value, bool | int):
            return bool(value)
        return self._unexpected(name, value, default)

    def object(self, name: str) -> "Fields":
        """A nested object; empty when missing."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            value = self._unexpected(name, value, cast("dict[str, Any]", {}))
        return Fields(cast("dict[str, Any]", value), f"{self.path}.{name}", self.warnings)

    def objects(self, name: str) -> Iterator["Fields"]:
        """The objects of a list; other entries are ignored with a warning."""
        for index, value in enumerate(self.list(name)):
            if isinstance(value, dict):
                yield Fields(cast("dict[str, Any]", value), f"{self.path}.{name}[{index}]", self.warnings)
            else:
                self.warn_unknown(f"{name}[{index}]")

    def list(self, name: str) -> list[Any]:
        """A list; empty when missing."""
        value = self.values.get(name)
        if is_list(value):
            return value
        return self._unexpected(name, value, [])

    def _unexpected(self, name: str, value: Any, default: T) -> T:
        """The default, with a warning where there is a value of another type."""
        if value is not None:
            self.warn_unknown(name)
        return default

    def warn_unknown(self, name: str) -> None:
        """Warn that a field is ignored."""
        self.warnings.add(
            WarningCode.FIELD_UNKNOWN,
            f"{self.path}.{name} has an unknown form and was ignored.",
            f"字段 {self.path}.{name} 的格式无法识别，已忽略。",
        )


def finite(value: object) -> float | None:
    """A JSON number as a float; None for any other value, NaN, or a number beyond a float's range."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def clean_text(text: str) -> str:
    """The text with U+FFFD for each lone surrogate and each NUL; the positions of all characters stay."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
