"""The bound of a video's warnings. Whoever receives them keeps it, whatever the side that warns has promised."""

from dataclasses import dataclass, replace

from services.errors import Bilingual, DraftWarning, WarningCode

MOST_WARNINGS = 100
"""More are not told one by one: nobody reads them, and each is stored with its task."""
LONGEST_TEXT = 1000
"""Characters of a message, or of a name in it, that are kept."""


def more_warnings() -> DraftWarning:
    """The last warning, where there were more than are kept."""
    more = Bilingual(
        f"More of the draft is not drawn as designed; the first {MOST_WARNINGS} warnings are listed.",
        f"草稿中还有更多内容未按设计绘制；仅列出前 {MOST_WARNINGS} 条警告。",
    )
    return DraftWarning(code=WarningCode.EFFECT_SKIPPED, message=more)


@dataclass(slots=True)
class WarningLimit:
    """Counts the warnings of one video."""

    taken: int = 0

    def admit(self, warning: DraftWarning) -> DraftWarning | None:
        """What is to be kept of this one: itself with its texts cut, or that there are more, or nothing."""
        self.taken = min(self.taken + 1, MOST_WARNINGS + 2)
        if self.taken > MOST_WARNINGS:
            return more_warnings() if self.taken == MOST_WARNINGS + 1 else None
        return _cut(warning)


def storable_text(text: str) -> str:
    """A text of somebody not trusted as it can be stored: not too long, and without what databases refuse."""
    return text[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _cut(warning: DraftWarning) -> DraftWarning:
    return replace(
        warning,
        message=Bilingual(storable_text(warning.message.en), storable_text(warning.message.zh)),
        segment_id=_plain_name(warning.segment_id),
        material_name=_plain_name(warning.material_name),
        effect_id=_plain_name(warning.effect_id),
    )


def _plain_name(name: str | None) -> str | None:
    return None if name is None else storable_text(name)
