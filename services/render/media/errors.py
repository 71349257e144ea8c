"""Errors of files that cannot be used. It loads nothing that decodes them."""

from services.errors import DraftcastError, ErrorCode


class BadMedia(DraftcastError):
    """A file cannot be used; `code` is MATERIAL_UNREADABLE or MATERIAL_TOO_LARGE, the texts give the reason."""

    def __init__(self, code: ErrorCode, en: str, zh: str) -> None:
        super().__init__(en)
        self.code = code
        self.en = en
        self.zh = zh


def unreadable(en: str, zh: str) -> BadMedia:
    """The error for a damaged or unsupported file."""
    return BadMedia(ErrorCode.MATERIAL_UNREADABLE, en, zh)


def too_large(en: str, zh: str) -> BadMedia:
    """The error for a file beyond the limits."""
    return BadMedia(ErrorCode.MATERIAL_TOO_LARGE, en, zh)
