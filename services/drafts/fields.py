"""Tolerant access to a draft's JSON: a field of the wrong type reads as missing, and is told once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard, TypeVar, cast

from services.errors import Bilingual, DraftWarning, WarningCode
from services.warning_limit import MOST_WARNINGS, more_warnings

T = TypeVar("T")
MAX_LABEL_LENGTH = 120
"""Characters of an id or a name as messages show it."""


@dataclass(slots=True)
class Warnings:
    """What is gathered while reading: one warning for each code, segment and effect."""

    _found: dict[tuple[WarningCode, str | None, str], DraftWarning] = field(
        default_factory=dict[tuple[WarningCode, str | None, str], DraftWarning]
    )
    _overflowed: bool = False

    def found(self) -> tuple[DraftWarning, ...]:
        """All that were kept; a last one says so when there were more."""
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
        """Keep a warning, unless the same was said before; without an effect's id, the sentence tells them apart."""
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
        """Keep what was said of one segment for another that shares its material."""
        for warning in others.found():
            self._keep(replace(warning, segment_id=segment_id) if warning.segment_id else warning)

    def extend(self, others: "Warnings") -> None:
        """Keep all that was said elsewhere."""
        for warning in others.found():
            self._keep(warning)

    def _keep(self, warning: DraftWarning) -> None:
        key = (warning.code, warning.segment_id, warning.effect_id or warning.message.en)
        if key in self._found:
            return
        if len(self._found) < MOST_WARNINGS:
            self._found[key] = warning
        else:
            self._overflowed = True


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object of a draft; `path` says where it stands, for messages."""

    values: dict[str, Any]
    path: str
    warnings: Warnings

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(name) is not None

    @property
    def own_id(self) -> str:
        """Its id; where it stands when it has none."""
        return self.label("id") or self.path

    def with_warnings(self, warnings: Warnings) -> "Fields":
        """The same object, with its warnings going elsewhere."""
        return replace(self, warnings=warnings)

    def empty(self, name: str) -> "Fields":
        """An empty object, for a part that is not there."""
        return Fields({}, f"{self.path}.{name}", self.warnings)

    def label(self, name: str) -> str:
        """A string for messages: an id or a name, cut when it is very long."""
        return self.text(name)[:MAX_LABEL_LENGTH]

    def describe(self, name: str) -> str:
        """A field's value as a message shows it."""
        value = self.values.get(name)
        if isinstance(value, dict | list):
            return "an object" if isinstance(value, dict) else "a list"
        return "missing" if value is None else f"{value!r:.50}"

    def text(self, name: str, default: str = "") -> str:
        """A string; lone surrogates become U+FFFD so that it can be written anywhere."""
        value = self.values.get(name)
        if isinstance(value, str):
            return clean_text(value)
        return self._unexpected(name, value, default)

    def number(self, name: str, default: float = 0.0, least: float = -1e15, most: float = 1e15) -> float:
        """A finite number, brought within `least` and `most`."""
        value = self.values.get(name)
        number = finite(value)
        return self._unexpected(name, value, default) if number is None else min(max(number, least), most)

    def microseconds(self, name: str, default: int = 0) -> int:
        """A time or duration in whole microseconds."""
        return round(self.number(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value; 0 and 1 are taken as well."""
        value = self.values.get(name)
        if isinstance(value, bool | int):
            return bool(value)
        return self._unexpected(name, value, default)

    def object(self, name: str) -> "Fields":
        """A nested object; an empty one when it is missing."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            value = self._unexpected(name, value, cast("dict[str, Any]", {}))
        return Fields(cast("dict[str, Any]", value), f"{self.path}.{name}", self.warnings)

    def objects(self, name: str) -> Iterator["Fields"]:
        """The objects of a list; anything else in it is told and passed over."""
        for index, value in enumerate(self.list(name)):
            if isinstance(value, dict):
                yield Fields(cast("dict[str, Any]", value), f"{self.path}.{name}[{index}]", self.warnings)
            else:
                self.warn_unknown(f"{name}[{index}]")

    def list(self, name: str) -> list[Any]:
        """A list; an empty one when it is missing."""
        value = self.values.get(name)
        if is_list(value):
            return value
        return self._unexpected(name, value, [])

    def _unexpected(self, name: str, value: Any, default: T) -> T:
        """The default; said once when there was a value of another type."""
        if value is not None:
            self.warn_unknown(name)
        return default

    def warn_unknown(self, name: str) -> None:
        """Tell that a field is passed over."""
        self.warnings.add(
            WarningCode.FIELD_UNKNOWN,
            f"{self.path}.{name} is of an unknown form and was passed over.",
            f"字段 {self.path}.{name} 的格式无法识别，已忽略。",
        )


def finite(value: object) -> float | None:
    """A JSON number as a float; None for anything else, for NaN, and for what no float can hold."""
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
    """The text with U+FFFD for each lone surrogate and each NUL; every other character keeps its place."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
