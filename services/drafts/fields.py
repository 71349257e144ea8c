"""Tolerant access to a draft's JSON: a field of the wrong type reads as missing, and is told once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard, TypeVar, cast

from services.errors import Bilingual, DraftWarning, WarningCode

T = TypeVar("T")


@dataclass(slots=True)
class Warnings:
    """What is gathered while reading; the same warning is kept once."""

    found: dict[DraftWarning, None] = field(default_factory=dict[DraftWarning, None])

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
        """Keep a warning."""
        warning = DraftWarning(
            code=code,
            message=Bilingual(en, zh),
            segment_id=segment_id,
            material_name=material_name or None,
            effect_id=effect_id or None,
        )
        self.found.setdefault(warning)


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object of a draft; `path` says where it stands, for messages."""

    values: dict[str, Any]
    path: str
    warnings: Warnings

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string; lone surrogates become U+FFFD so that it can be written anywhere."""
        value = self.values.get(name)
        if isinstance(value, str):
            return clean_text(value)
        return self._odd(name, value, default)

    def number(self, name: str, default: float = 0.0, least: float = -1e15, most: float = 1e15) -> float:
        """A finite number, brought within `least` and `most`."""
        value = self.values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return min(max(float(value), least), most)
        return self._odd(name, value, default)

    def microseconds(self, name: str, default: int = 0) -> int:
        """A time or duration in whole microseconds."""
        return round(self.number(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value; 0 and 1 are taken as well."""
        value = self.values.get(name)
        if isinstance(value, bool | int):
            return bool(value)
        return self._odd(name, value, default)

    def object(self, name: str) -> "Fields":
        """A nested object; an empty one when it is missing."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            value = self._odd(name, value, cast("dict[str, Any]", {}))
        return Fields(cast("dict[str, Any]", value), f"{self.path}.{name}", self.warnings)

    def objects(self, name: str) -> Iterator["Fields"]:
        """The objects of a list; anything else in it is passed over."""
        for index, value in enumerate(self.list(name)):
            if isinstance(value, dict):
                yield Fields(cast("dict[str, Any]", value), f"{self.path}.{name}[{index}]", self.warnings)

    def list(self, name: str) -> list[Any]:
        """A list; an empty one when it is missing."""
        value = self.values.get(name)
        if _is_list(value):
            return value
        return self._odd(name, value, [])

    def _odd(self, name: str, value: Any, default: T) -> T:
        """The default; said once when there was a value of another type."""
        if value is not None:
            self.warnings.add(
                WarningCode.FIELD_UNKNOWN,
                f"{self.path}.{name} is of an unknown form and was passed over.",
                f"字段 {self.path}.{name} 的格式无法识别，已忽略。",
            )
        return default


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def clean_text(text: str) -> str:
    """The text with U+FFFD for each lone surrogate and without NULs."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
