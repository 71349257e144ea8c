"""The Unicode Bidirectional Algorithm (UAX 9) for lines of mixed scripts, without explicit marks (embeddings and
isolates).
"""

import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")
_DEEPEST = 63
"""Maximum nesting of bracket pairs; deeper brackets are neutral characters."""
_RIGHT = ("R", "AL", "AN")
_OPENING, _CLOSING = "([{（［｛「『【《〈", ")]}）］｝」』】》〉"


def levels(characters: Sequence[str]) -> list[int]:
    """The embedding level of each character of a paragraph; odd levels read from right to left."""
    kinds = [unicodedata.bidirectional(character) or "L" for character in characters]
    if not any(kind in _RIGHT for kind in kinds):
        return [0] * len(kinds)
    strong = (kind for kind in kinds if kind in ("L", "R", "AL"))
    base = 0 if next(strong, "L") == "L" else 1
    end = "R" if base else "L"
    resolved = _with_brackets(_with_numbers(kinds, end), characters, end)
    resolved = _with_neutrals(resolved, end)
    found = [_level(kind, base) for kind in resolved]
    for at in range(len(kinds) - 1, -1, -1):
        if kinds[at] not in ("WS", "S", "B", "BN"):
            break
        found[at] = base
    return found


def visual_order(parts: Sequence[T], level: Callable[[T], int]) -> list[T]:
    """The parts of a line in visual order, from left to right."""
    ordered = list(parts)
    for lowest in range(max(map(level, parts), default=0), 0, -1):
        ordered = [
            part
            for high, group in groupby(ordered, key=lambda part: level(part) >= lowest)
            for part in (reversed(list(group)) if high else group)
        ]
    return ordered


def _level(kind: str, base: int) -> int:
    if base:
        return 1 if kind == "R" else 2
    return {"L": 0, "R": 1}.get(kind, 2)


def _with_numbers(kinds: Sequence[str], end: str) -> list[str]:
    """Rules W2 to W7: numbers, and the separators and terminators beside them."""
    found = list(kinds)
    strong = end
    for at, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            strong = kind
        if kind == "EN" and strong == "AL":
            found[at] = "AN"
    found = ["R" if kind == "AL" else kind for kind in found]
    for at in range(1, len(found) - 1):
        before, kind, after = found[at - 1 : at + 2]
        if before == after and ((kind == "ES" and before == "EN") or (kind == "CS" and before in ("EN", "AN"))):
            found[at] = before
    _spread(found, "ET", "EN")
    return _latin_numbers(["ON" if kind in ("ES", "ET", "CS") else kind for kind in found], end)


def _spread(found: list[str], near: str, to: str) -> None:
    """Change items of kind `near` beside a `to` into `to`, in both directions."""
    for order in (range(1, len(found)), range(len(found) - 2, -1, -1)):
        step = order.step
        for at in order:
            if found[at] == near and found[at - step] == to:
                found[at] = to


def _latin_numbers(kinds: Sequence[str], end: str) -> list[str]:
    found = list(kinds)
    strong = end
    for at, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            found[at] = "L"
    return found


def _side(kind: str) -> str | None:
    """The direction of a kind for neutral neighbours; None for neutrals."""
    return kind if kind == "L" else "R" if kind in ("R", "AN", "EN") else None


def _with_brackets(kinds: Sequence[str], characters: Sequence[str], end: str) -> list[str]:
    """Rule N0: a bracket pair takes the direction of its content, if it agrees with the context."""
    found = list(kinds)
    for first, last in _pairs(characters):
        inside = {_side(kind) for kind in found[first + 1 : last]} - {None}
        if end in inside:
            found[first] = found[last] = end
        elif inside:
            before = next((side for kind in reversed(found[:first]) if (side := _side(kind))), end)
            found[first] = found[last] = before if before in inside else end
    return found


def _pairs(characters: Sequence[str]) -> list[tuple[int, int]]:
    opened: list[tuple[int, str]] = []
    pairs: list[tuple[int, int]] = []
    for at, character in enumerate(characters):
        if character in _OPENING and len(opened) < _DEEPEST:
            opened.append((at, _CLOSING[_OPENING.index(character)]))
        elif character in _CLOSING:
            depth = next((n for n in range(len(opened) - 1, -1, -1) if opened[n][1] == character), None)
            if depth is not None:
                pairs.append((opened[depth][0], at))
                del opened[depth:]
    return sorted(pairs)


def _with_neutrals(kinds: Sequence[str], end: str) -> list[str]:
    """Rules N1 and N2: neutrals between two of one direction take it; others take that of the paragraph."""
    found: list[str] = []
    before = end
    groups = [list(group) for _, group in groupby(kinds, key=lambda kind: _side(kind) is None)]
    for at, group in enumerate(groups):
        side = _side(group[-1])
        if side is not None:
            before = side
            found += group
            continue
        after = (_side(groups[at + 1][0]) if at + 1 < len(groups) else None) or end
        found += [before if before == after else end] * len(group)
    return found
