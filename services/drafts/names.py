"""When two paths name the same file, although programs spell it in their own ways. Pure: nothing is opened here."""

from collections.abc import Iterable
from contextlib import suppress
from unicodedata import category, normalize
from urllib.parse import quote, unquote_to_bytes

_LOOKALIKES = {
    **dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF]),
    **dict.fromkeys([0x00A0, 0x202F, 0x3000], " "),
}
"""Invisible characters, and blanks that look like blanks: macOS writes U+202F into the names of screenshots."""


def unescaped(path: str) -> str:
    """The path without %-escapes, of UTF-8 or else of GBK, as old servers and programs in China write them; as it is
    where they are none: `%03d.png` is a name, and no control character.
    """
    for encoding in ("utf-8", "gbk") if "%" in path else ():
        with suppress(UnicodeError):
            plain = unquote_to_bytes(path).decode(encoding)
            return path if any(category(each) == "Cc" for each in plain) else plain
    return path


def normal(path: str) -> str:
    """One spelling of a path: servers escape characters, macOS takes accents apart, programs lose invisible ones."""
    return normalize("NFC", unescaped(path).translate(_LOOKALIKES))


def spellings(path: str) -> tuple[str, ...]:
    """What may stand for a path in a URL, %-escaped: the path as it is first, then what `normal` takes for the same."""
    plain = unescaped(path)
    others = (normal(path), normalize("NFD", plain), path)
    return tuple(dict.fromkeys((quote(plain), *map(quote, others), quote(path, safe="/%"))))


def last_part(path: str) -> str:
    """The name of the file that a path with `/` leads to."""
    return path.rsplit("/", 1)[-1]


class Names:
    """The files of a draft, by their paths in its folder, with `/`: the one home of which file a material means."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for path in paths:
            self._by_name.setdefault(last_part(normal(path)), []).append(path)

    def find(self, wanted: str) -> str | None:
        """The path that is meant, or None.

        Of the files of that name, spelled exactly so if there are some, the one whose path ends like the wanted one
        for the longest; then the least deep; then the first.
        """
        spelled = normal(wanted)
        named = self._by_name.get(last_part(spelled), []) if last_part(spelled) else []
        exact = [path for path in named if last_part(path) == last_part(wanted)]

        def likeness(path: str) -> tuple[int, int, int]:
            return _common_end(normal(path), spelled), _common_end(path, wanted), -path.count("/")

        return max(exact or named, key=likeness, default=None)


def _common_end(one: str, other: str) -> int:
    """How many parts two paths have in common, counted from their ends."""
    count = 0
    for mine, theirs in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if mine != theirs:
            break
        count += 1
    return count
