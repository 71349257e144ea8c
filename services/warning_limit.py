"""The limit on warnings of a video. The receiver enforces it, whatever the exporter promises."""

from dataclasses import dataclass, replace

from services.errors import Bilingual, DraftWarning, WarningCode

MAX_WARNINGS = 100
"""Maximum number of warnings: each is stored with its task."""
MAX_TEXT_CHARACTERS = 1000
"""Maximum length of a message, or of a name in it."""

MAX_TIME_US = 10**15


def more_warnings() -> DraftWarning:
    """The last warning of a video with more than the maximum."""
    more = Bilingual(
        f"More of the draft is not drawn as designed; the first {MAX_WARNINGS} warnings are listed.",
        f"草稿中还有更多内容未按设计绘制；仅列出前 {MAX_WARNINGS} 条警告。",
    )
    return DraftWarning(code=WarningCode.EFFECT_SKIPPED, message=more)


@dataclass(slots=True)
class WarningLimit:
    """Counts the warnings of one video."""

    taken: int = 0

    def admit(self, warning: DraftWarning) -> DraftWarning | None:
        """The warning with its texts cut; one notice above the maximum, and None after that."""
        self.taken = min(self.taken + 1, MAX_WARNINGS + 2)
        if self.taken > MAX_WARNINGS:
            return more_warnings() if self.taken == MAX_WARNINGS + 1 else None
        return _cut(warning)


def storable_text(text: str) -> str:
    """An untrusted text as it can be stored: cut, and without characters that databases refuse."""
    return text[:MAX_TEXT_CHARACTERS].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _cut(warning: DraftWarning) -> DraftWarning:
    return replace(
        warning,
        message=Bilingual(storable_text(warning.message.en), storable_text(warning.message.zh)),
        segment_id=_plain_name(warning.segment_id),
        material_name=_plain_name(warning.material_name),
        effect_id=_plain_name(warning.effect_id),
        start_us=_time(warning.start_us),
        end_us=_time(warning.end_us),
        track=_plain_name(warning.track),
    )


def _time(us: int | None) -> int | None:
    return us if us is not None and 0 <= us <= MAX_TIME_US else None


def _plain_name(name: str | None) -> str | None:
    return None if name is None else storable_text(name)
