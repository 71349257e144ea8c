"""Emoji that show what a sticker's name says; the table is written by setup/make_stickers.py."""

import re
from functools import cache
from pathlib import Path

from services.drafts.families.lookup import normalized

_CHINESE = re.compile("[\u4e00-\u9fff]{2,}")


def emoji_of(name: str) -> str | None:
    """The emoji of a sticker's name: the one with that name, else the one with the longest Chinese name of two or more
    characters at the name's end; None if there is none.
    """
    wanted = normalized(name)
    signs = _signs()
    ends = (wanted[start:] for start in range(len(wanted) - 1) if _CHINESE.fullmatch(wanted[start:]))
    return next((signs[each] for each in (wanted, *ends) if each in signs), None)


@cache
def _signs() -> dict[str, str]:
    """The emoji by their names, as `normalized` writes them."""
    text = Path(__file__).with_name("stickers.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    named = [(normalized(name), sign) for sign, names in rows for name in names.split("|")]
    return {name: sign for name, sign in reversed(named) if name}
