"""Replacements: new texts and files for parts of a draft. Pure; needs nothing but the standard library."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from services.errors import Bilingual, InvalidInput
from services.output import Output

MOST_REPLACEMENTS = 200
LONGEST_NAME = 200
LONGEST_TEXT = 5000
"""Characters; also the longest caption of a draft."""
LONGEST_URL = 2048
MOST_BYTES = 64 * 1024
"""Bytes of a task's replacements as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The new content of all that has this name in a draft: a text, or the URL of a file, one of the two."""

    name: str
    text: str | None = None
    url: str | None = None

    def to_json(self) -> dict[str, str]:
        """The fields that are set."""
        values = (("name", self.name), ("text", self.text), ("url", self.url))
        return {name: value for name, value in values if value is not None}


Replacements: TypeAlias = tuple[Replacement, ...]
"""In the order of their names."""


def in_order(replacements: Iterable[Replacement]) -> Replacements:
    """The replacements in the order of their names: equal for equal requests."""
    return tuple(sorted(replacements, key=lambda each: each.name))


def replacements_of(values: Sequence[Mapping[str, Any]] | None) -> Replacements:
    """The replacements of objects as `to_json` gives them. Raises TypeError and ValueError for others."""
    fields = [(each["name"], each.get("text"), each.get("url")) for each in values or ()]
    if not all(
        isinstance(name, str) and isinstance(text, str | None) and isinstance(url, str | None)
        for name, text, url in fields
    ):
        raise TypeError("name, text and url are strings")
    return in_order(Replacement(name=name, text=text, url=url) for name, text, url in fields)


def variant_key(output: Output, replacements: Replacements) -> str:
    """A short name of a variant of a draft, equal for equal outputs and replacements; empty for the draft as it is."""
    if not replacements:
        return output.key
    variant = [output.to_json(), *(each.to_json() for each in replacements)]
    return hashlib.sha256(json.dumps(variant, sort_keys=True).encode()).hexdigest()[:32]


def check_replacements(replacements: Replacements) -> None:
    """Raises `InvalidInput` that says what is wrong with the first invalid one."""
    for wrong, en, zh in _rules(replacements):
        if wrong:
            raise InvalidInput(Bilingual(f"replace {en}.", f"replace {zh}。"), path=("replace",))


def _rules(replacements: Replacements) -> Iterator[tuple[bool, str, str]]:
    """(whether it is broken, and the rule in both languages)."""
    names = [each.name for each in replacements]
    yield (
        len(names) > MOST_REPLACEMENTS,
        f"may have {MOST_REPLACEMENTS} entries",
        f"最多 {MOST_REPLACEMENTS} 项",
    )
    yield (
        any(not 1 <= len(name) <= LONGEST_NAME for name in names),
        f"needs names of 1 to {LONGEST_NAME} characters",
        f"的 name 须为 1 到 {LONGEST_NAME} 个字符",
    )
    twice = next((name for one, name in pairwise(names) if one == name), None)
    yield twice is not None, f"has {twice!r} twice", f"中“{twice}”出现了两次"
    for each in replacements:
        name, url = each.name, each.url
        yield (
            (each.text is None) == (url is None),
            f"needs either text or url for {name!r}",
            f"中“{name}”须给出 text 或 url 之一",
        )
        yield (
            each.text is not None and len(each.text) > LONGEST_TEXT,
            f"has a text of more than {LONGEST_TEXT} characters for {name!r}",
            f"中“{name}”的文字超过 {LONGEST_TEXT} 个字符",
        )
        yield (
            url is not None and not (url.lower().startswith(("http://", "https://")) and len(url) <= LONGEST_URL),
            f"needs an absolute http:// or https:// URL of at most {LONGEST_URL} characters for {name!r}",
            f"中“{name}”的 url 须为以 http:// 或 https:// 开头的完整 URL，最多 {LONGEST_URL} 个字符",
        )
    size = len(json.dumps([each.to_json() for each in replacements]).encode())
    yield size > MOST_BYTES, f"must be at most {MOST_BYTES} bytes as JSON", f"的 JSON 不得超过 {MOST_BYTES} 字节"
