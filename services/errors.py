"""What can go wrong, in one tree that knows no transport.

Two families: a `Failed` ends a render and is stored with its task; a
`RequestError` tells a caller what to mend. Both carry their text in English
and Chinese.
"""

import errno
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same sentence in English and in Chinese."""

    en: str
    zh: str


class ErrorCode(StrEnum):
    """Why a task failed. The names are part of the public API."""

    DRAFT_URL_REFUSED = "DRAFT_URL_REFUSED"
    DRAFT_NOT_FOUND = "DRAFT_NOT_FOUND"
    DRAFT_ENCRYPTED = "DRAFT_ENCRYPTED"
    DRAFT_INVALID = "DRAFT_INVALID"
    DRAFT_EMPTY = "DRAFT_EMPTY"
    DRAFT_TOO_LARGE = "DRAFT_TOO_LARGE"
    MATERIAL_UNREACHABLE = "MATERIAL_UNREACHABLE"
    MATERIAL_REFUSED = "MATERIAL_REFUSED"
    MATERIAL_TOO_LARGE = "MATERIAL_TOO_LARGE"
    MATERIAL_UNREADABLE = "MATERIAL_UNREADABLE"
    FEATURE_UNSUPPORTED = "FEATURE_UNSUPPORTED"
    RENDER_FAILED = "RENDER_FAILED"
    RENDER_TIMEOUT = "RENDER_TIMEOUT"
    OUT_OF_DISK = "OUT_OF_DISK"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    PUBLISH_FAILED = "PUBLISH_FAILED"
    WORKER_LOST = "WORKER_LOST"
    EXPIRED = "EXPIRED"
    INTERNAL = "INTERNAL"


RETRYABLE = frozenset(
    {
        ErrorCode.MATERIAL_UNREACHABLE,
        ErrorCode.RENDER_FAILED,
        ErrorCode.RENDER_TIMEOUT,
        ErrorCode.OUT_OF_DISK,
        ErrorCode.OUT_OF_MEMORY,
        ErrorCode.PUBLISH_FAILED,
        ErrorCode.WORKER_LOST,
        ErrorCode.EXPIRED,
        ErrorCode.INTERNAL,
    }
)
"""Codes after which the same draft may succeed without being changed."""


HINTS: dict[ErrorCode, Bilingual] = {
    ErrorCode.DRAFT_URL_REFUSED: Bilingual(
        "Use a public http(s) address, or have the operator add the host to DRAFTCAST_ALLOW_HOSTS.",
        "请使用公网 http(s) 地址，或请管理员把该主机加入 DRAFTCAST_ALLOW_HOSTS。",
    ),
    ErrorCode.DRAFT_NOT_FOUND: Bilingual(
        "Check the draft_id and that the draft was saved on its server.",
        "请检查 draft_id，并确认草稿已在其服务器上保存。",
    ),
    ErrorCode.DRAFT_ENCRYPTED: Bilingual(
        "JianYing 6 and later encrypt saved drafts; render the draft as the program wrote it, before the app saved it.",
        "剪映 6 及以上版本保存的草稿已加密；请使用程序生成、未经客户端保存的草稿。",
    ),
    ErrorCode.DRAFT_INVALID: Bilingual(
        "Save the draft again with the program that made it.",
        "请用生成该草稿的程序重新保存草稿。",
    ),
    ErrorCode.DRAFT_EMPTY: Bilingual(
        "Add at least one visible or audible segment to the draft.",
        "请在草稿中至少添加一个可见或有声的片段。",
    ),
    ErrorCode.DRAFT_TOO_LARGE: Bilingual(
        "Make the draft shorter or smaller, or have the operator raise the DRAFTCAST_MAX_* limits.",
        "请缩短或缩小草稿，或请管理员调高 DRAFTCAST_MAX_* 限制。",
    ),
    ErrorCode.MATERIAL_UNREACHABLE: Bilingual(
        "Check that the material's address still answers, then retry.",
        "请确认素材地址仍可访问，然后重试。",
    ),
    ErrorCode.MATERIAL_REFUSED: Bilingual(
        "Use a public http(s) address for the material.",
        "请为素材使用公网 http(s) 地址。",
    ),
    ErrorCode.MATERIAL_TOO_LARGE: Bilingual(
        "Use a smaller file, or have the operator raise the DRAFTCAST_MAX_* limits.",
        "请使用更小的文件，或请管理员调高 DRAFTCAST_MAX_* 限制。",
    ),
    ErrorCode.MATERIAL_UNREADABLE: Bilingual(
        "Replace the file by one that plays; MP4, MOV, MP3, WAV, PNG, JPEG, HEIC, WebP and GIF are read.",
        "请替换为可播放的文件；支持 MP4、MOV、MP3、WAV、PNG、JPEG、HEIC、WebP、GIF。",
    ),
    ErrorCode.FEATURE_UNSUPPORTED: Bilingual(
        "Submit without strict to have it drawn as near as possible, with a warning.",
        "去掉 strict 重新提交，将以最接近的方式绘制并给出警告。",
    ),
    ErrorCode.RENDER_FAILED: Bilingual(
        "Retry; if it fails again, send the task id to the operator.",
        "请重试；若再次失败，请把任务 ID 发给管理员。",
    ),
    ErrorCode.RENDER_TIMEOUT: Bilingual(
        "Make the draft shorter, or have the operator raise DRAFTCAST_RENDER_TIMEOUT_SECONDS.",
        "请缩短草稿，或请管理员调高 DRAFTCAST_RENDER_TIMEOUT_SECONDS。",
    ),
    ErrorCode.OUT_OF_DISK: Bilingual(
        "Free space on the server's disk, then retry.",
        "请清理服务器磁盘空间后重试。",
    ),
    ErrorCode.OUT_OF_MEMORY: Bilingual(
        "Use smaller materials or a smaller canvas, then retry.",
        "请使用更小的素材或画布后重试。",
    ),
    ErrorCode.PUBLISH_FAILED: Bilingual(
        "Check the file storage (DRAFTCAST_FILES_URL), then retry.",
        "请检查文件存储（DRAFTCAST_FILES_URL）后重试。",
    ),
    ErrorCode.WORKER_LOST: Bilingual(
        "Retry; if it happens again, the draft may need more memory than the worker has.",
        "请重试；若再次发生，可能是该草稿所需内存超过了渲染机。",
    ),
    ErrorCode.EXPIRED: Bilingual(
        "Submit again, with a longer expiresInSeconds.",
        "请用更长的 expiresInSeconds 重新提交。",
    ),
    ErrorCode.INTERNAL: Bilingual(
        "Retry; if it fails again, send the task id to the operator.",
        "请重试；若再次失败，请把任务 ID 发给管理员。",
    ),
}
"""What to do about each failure; every code has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt failed, as it is stored and told."""

    code: ErrorCode
    message: Bilingual
    hint: Bilingual
    retryable: bool
    material_url: str | None = None
    segment_id: str | None = None


class WarningCode(StrEnum):
    """How the video differs from the draft. The names are part of the public API."""

    EFFECT_APPROXIMATED = "EFFECT_APPROXIMATED"
    EFFECT_SKIPPED = "EFFECT_SKIPPED"
    FONT_SUBSTITUTED = "FONT_SUBSTITUTED"
    GLYPH_MISSING = "GLYPH_MISSING"
    MATERIAL_MISSING = "MATERIAL_MISSING"
    MATERIAL_FROZEN = "MATERIAL_FROZEN"
    MATERIAL_APPROXIMATED = "MATERIAL_APPROXIMATED"
    KEYFRAME_SIMPLIFIED = "KEYFRAME_SIMPLIFIED"
    SEGMENT_SKIPPED = "SEGMENT_SKIPPED"
    FIELD_UNKNOWN = "FIELD_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftWarning:
    """One thing of the draft that is not drawn as designed."""

    code: WarningCode
    message: Bilingual
    segment_id: str | None = None
    material_name: str | None = None
    effect_id: str | None = None


class DraftcastError(Exception):
    """The root of the tree."""


class Failed(DraftcastError):
    """A render cannot go on; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message.en}")
        self.failure = failure


def failed(
    code: ErrorCode,
    en: str,
    zh: str,
    *,
    material_url: str | None = None,
    segment_id: str | None = None,
    hint: Bilingual | None = None,
) -> Failed:
    """The exception for `code`, with its standard retryability, and its standard hint where none is given."""
    return Failed(
        Failure(
            code=code,
            message=Bilingual(en, zh),
            hint=hint or HINTS[code],
            retryable=code in RETRYABLE,
            material_url=material_url,
            segment_id=segment_id,
        )
    )


_DISK_FULL = {
    errno.ENOSPC: ("No space left on device",),
    errno.EDQUOT: ("Disk quota exceeded", "Quota exceeded"),
}
"""Numbers of errors, and the words that C libraries (glibc, musl) have for them."""


def is_disk_full(error: BaseException) -> bool:
    """Whether the error tells of a full disk, or of a full share of one."""
    return isinstance(error, OSError) and error.errno in _DISK_FULL


def tells_of_full_disk(text: str) -> bool:
    """Whether the last words of a program tell of a full disk, or of a full share of one."""
    return any(words in text for each in _DISK_FULL.values() for words in each)


def out_of_disk(error: BaseException) -> Failed | None:
    """The exception for a task, when that is what `error` tells."""
    if is_disk_full(error):
        return failed(ErrorCode.OUT_OF_DISK, "The disk is full.", "磁盘已满。")
    return None


class RequestError(DraftcastError):
    """A caller asked for something that cannot be done; `message` says what to mend."""

    def __init__(self, message: Bilingual, *, path: tuple[str, ...] = ()) -> None:
        super().__init__(message.en)
        self.message = message
        self.path = path


class InvalidInput(RequestError):
    """An argument is not of the form it must have; `path` names it."""


class TaskNotFound(RequestError):
    """No such task, or the caller may not see it."""


class InvalidState(RequestError):
    """The task's state does not allow this."""


class IdempotencyConflict(RequestError):
    """The idempotency key was used before, with other input."""


class QueueFull(RequestError):
    """No more tasks are taken for now."""


class UploadTooLarge(RequestError):
    """A draft that a caller brings is larger than the limits, or than the disk's room."""


class DiskFull(DraftcastError):
    """There is no room on the disk for what a caller brings; `message` says so."""

    def __init__(self, message: Bilingual) -> None:
        super().__init__(message.en)
        self.message = message


class StoreUnavailable(DraftcastError):
    """The database does not answer."""
