"""Matching of paths that name the same file in different spellings. Pure: no file is opened."""

from collections.abc import Iterable
from contextlib import suppress
from unicodedata import category, normalize
from urllib.parse import quote, unquote_to_bytes

_LOOKALIKES = {
    **dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF]),
    **dict.fromkeys([0x00A0, 0x202F, 0x3000], " "),
}
"""Invisible characters, and blanks other than U+0020: macOS writes U+202F into the names of screenshots."""


def unescaped(path: str) -> str:
    """The path with its %-escapes decoded, as UTF-8 or else as GBK, which old Chinese servers and programs write.
    Unchanged where they decode to neither, or to control characters: `%03d.png` is a name.
    """
    for encoding in ("utf-8", "gbk") if "%" in path else ():
        with suppress(UnicodeError):
            plain = unquote_to_bytes(path).decode(encoding)
            return path if any(category(each) == "Cc" for each in plain) else plain
    return path


def normal(path: str) -> str:
    """The canonical spelling of a path: unescaped, NFC (macOS decomposes accents), without invisible characters."""
    return normalize("NFC", unescaped(path).translate(_LOOKALIKES))


def spellings(path: str) -> tuple[str, ...]:
    """The %-escaped spellings that a path may have in a URL: the path itself first, then those equal by `normal`."""
    plain = unescaped(path)
    others = (normal(path), normalize("NFD", plain), path)
    return tuple(dict.fromkeys((quote(plain), *map(quote, others), quote(path, safe="/%"))))


def last_part(path: str) -> str:
    """The last component of a path with `/`."""
    return path.rsplit("/", 1)[-1]


class Names:
    """The paths of a draft's files, relative to its folder, with `/`, for the lookup of materials."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for path in paths:
            self._by_name.setdefault(last_part(normal(path)), []).append(path)

    def find(self, wanted: str) -> str | None:
        """The path that matches best, or None.

        Candidates have the same name, in the same spelling if there are any such. The one with the longest common end
        is chosen; then the one nearest to the root; then the first.
        """
        spelled = normal(wanted)
        named = self._by_name.get(last_part(spelled), []) if last_part(spelled) else []
        exact = [path for path in named if last_part(path) == last_part(wanted)]

        def likeness(path: str) -> tuple[int, int, int]:
            return _common_end(normal(path), spelled), _common_end(path, wanted), -path.count("/")

        return max(exact or named, key=likeness, default=None)


def _common_end(one: str, other: str) -> int:
    """The number of equal components at the ends of two paths."""
    count = 0
    for mine, theirs in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if mine != theirs:
            break
        count += 1
    return count
