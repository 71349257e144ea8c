"""What font a caption asks for."""

import re

from services.http.redaction import display_name

_SYSTEM_FONTS = {"", "none", "system", "systemfont", "zh-hans", "zh-hant", "en", "系统", "c:", "d:"}
"""The apps' own default font, and the drives that generators write for want of a path."""
_ENDING = re.compile(r"\.(ttf|otf|ttc)$", re.IGNORECASE)


def font_name(title: str, path: str = "", font_id: str = "") -> str | None:
    """A font's name: its title, else its file's name, else its id where only a drive stands for the path.

    None for the apps' default font.
    """
    stem = _ENDING.sub("", display_name("", path))
    pathless = path.strip().lower() in ("", "c:", "d:")
    names = [display_name(title), stem, font_id if pathless else ""]
    return next((name.strip() for name in names if name.strip().lower() not in _SYSTEM_FONTS), None)
