"""All errors, in one tree independent of any transport.

Two families: a `Failed` ends an attempt and is stored with its task; a `RequestError` rejects a request. Both carry a
message in English and Chinese that says what to do.
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
    REPLACEMENT_UNKNOWN = "REPLACEMENT_UNKNOWN"
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
        "Use a public http(s) address. A host of your own network must be allowed when draftcast is started, as with "
        "DRAFTCAST_ALLOW_HOSTS=localhost,192.168.1.5.",
        "请使用公网 http(s) 地址。自己网络中的主机需在启动 draftcast 时放行，例如 "
        "DRAFTCAST_ALLOW_HOSTS=localhost,192.168.1.5。",
    ),
    ErrorCode.DRAFT_NOT_FOUND: Bilingual(
        "Check the draft_id, and that the draft is saved on its server.",
        "请检查 draft_id，并确认草稿已保存在它的服务器上。",
    ),
    ErrorCode.DRAFT_ENCRYPTED: Bilingual(
        "JianYing 6 and later encrypt the drafts that they save. Submit the draft as it was generated, before the app "
        "saved it.",
        "剪映 6 及以上版本会加密它所保存的草稿；请提交由程序生成、未经剪映保存的草稿。",
    ),
    ErrorCode.DRAFT_INVALID: Bilingual(
        "Save the draft again with the program that made it.",
        "请用生成该草稿的程序重新保存。",
    ),
    ErrorCode.DRAFT_EMPTY: Bilingual(
        "Add at least one visible or audible segment to the draft.",
        "请在草稿中添加至少一个可见或有声音的片段。",
    ),
    ErrorCode.DRAFT_TOO_LARGE: Bilingual(
        "Make the draft shorter or smaller, or ask the operator to raise the DRAFTCAST_MAX_* limits.",
        "请缩短或缩小草稿，或请管理员调高 DRAFTCAST_MAX_* 限制。",
    ),
    ErrorCode.REPLACEMENT_UNKNOWN: Bilingual(
        "Ask `draftReport` with the same `replace`: it lists the draft's placeholders. Other names are ids of "
        "segments, and ids and names of materials.",
        "请用同样的 `replace` 查询 `draftReport`，它会列出草稿中的占位符；也可用片段 ID、素材 ID 或素材名称。",
    ),
    ErrorCode.MATERIAL_UNREACHABLE: Bilingual(
        "Check that the material's address can still be opened, then retry.",
        "请确认素材地址仍可访问，然后重试。",
    ),
    ErrorCode.MATERIAL_REFUSED: Bilingual(
        "Use a public http(s) address for the material. A host of your own network must be allowed when draftcast is "
        "started, as with DRAFTCAST_ALLOW_HOSTS=localhost,192.168.1.5.",
        "请为素材使用公网 http(s) 地址。自己网络中的主机需在启动 draftcast 时放行，例如 "
        "DRAFTCAST_ALLOW_HOSTS=localhost,192.168.1.5。",
    ),
    ErrorCode.MATERIAL_TOO_LARGE: Bilingual(
        "Use a smaller file, or ask the operator to raise the DRAFTCAST_MAX_* limits.",
        "请使用更小的文件，或请管理员调高 DRAFTCAST_MAX_* 限制。",
    ),
    ErrorCode.MATERIAL_UNREADABLE: Bilingual(
        "Replace the file with one that plays; MP4, MOV, MP3, WAV, PNG, JPEG, HEIC, WebP and GIF are supported.",
        "请换成能正常播放的文件；支持 MP4、MOV、MP3、WAV、PNG、JPEG、HEIC、WebP 和 GIF。",
    ),
    ErrorCode.FEATURE_UNSUPPORTED: Bilingual(
        "Submit again without strict: the feature is then drawn as closely as possible, with a warning.",
        "请去掉 strict 后重新提交：届时会以最接近的效果绘制，并给出警告。",
    ),
    ErrorCode.RENDER_FAILED: Bilingual(
        "Retry. If it fails again, send the task id to the operator.",
        "请重试；若再次失败，请把任务 ID 发给管理员。",
    ),
    ErrorCode.RENDER_TIMEOUT: Bilingual(
        "Make the draft shorter, or ask the operator to raise DRAFTCAST_RENDER_TIMEOUT_SECONDS.",
        "请缩短草稿，或请管理员调高 DRAFTCAST_RENDER_TIMEOUT_SECONDS。",
    ),
    ErrorCode.OUT_OF_DISK: Bilingual(
        "Free space on the server's disk, then retry.",
        "请清理服务器磁盘空间后重试。",
    ),
    ErrorCode.OUT_OF_MEMORY: Bilingual(
        "Use smaller materials or a smaller canvas, then submit again.",
        "请改用更小的素材或画布，然后重新提交。",
    ),
    ErrorCode.PUBLISH_FAILED: Bilingual(
        "Check the file storage (DRAFTCAST_FILES_URL), then retry.",
        "请检查文件存储（DRAFTCAST_FILES_URL）后重试。",
    ),
    ErrorCode.WORKER_LOST: Bilingual(
        "Retry. If it happens again, the draft may need more memory than the worker has: use smaller materials.",
        "请重试；若再次发生，可能是草稿所需内存超出了工作进程的可用内存，请改用更小的素材。",
    ),
    ErrorCode.EXPIRED: Bilingual(
        "Submit again with a larger expiresInSeconds.",
        "请调大 expiresInSeconds 后重新提交。",
    ),
    ErrorCode.INTERNAL: Bilingual(
        "Retry. If it fails again, send the task id to the operator.",
        "请重试；若再次失败，请把任务 ID 发给管理员。",
    ),
}
"""The standard hint of each code: what to do about the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt failed, as it is stored with its task and shown to callers."""

    code: ErrorCode
    message: Bilingual
    hint: Bilingual
    retryable: bool
    material_url: str | None = None
    segment_id: str | None = None


class WarningCode(StrEnum):
    """Kinds of differences between the video and its draft. The names are part of the public API."""

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
    PLACEHOLDER_LEFT = "PLACEHOLDER_LEFT"
    PROVENANCE_LOST = "PROVENANCE_LOST"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftWarning:
    """Part of a draft that is not drawn as designed. `start_us`, `end_us` and `track` (as `text 2`) are its place on
    the draft's timeline, where it is known.
    """

    code: WarningCode
    message: Bilingual
    segment_id: str | None = None
    material_name: str | None = None
    effect_id: str | None = None
    start_us: int | None = None
    end_us: int | None = None
    track: str | None = None


class DraftcastError(Exception):
    """The root of the tree."""


class Failed(DraftcastError):
    """An attempt cannot go on; `failure` says why."""

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
    """The exception for `code`, retryable as in `RETRYABLE`; its hint is the standard one unless given."""
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
"""Error numbers of a full disk or quota, and their texts in the C libraries glibc and musl."""


def is_disk_full(error: BaseException) -> bool:
    """Whether the error is that of a full disk or a full quota."""
    return isinstance(error, OSError) and error.errno in _DISK_FULL


def mentions_full_disk(text: str) -> bool:
    """Whether a program's last output reports a full disk or a full quota."""
    return any(words in text for each in _DISK_FULL.values() for words in each)


def out_of_disk(error: BaseException) -> Failed | None:
    """The exception (OUT_OF_DISK) for an error of a full disk; None for any other error."""
    if is_disk_full(error):
        return failed(ErrorCode.OUT_OF_DISK, "The disk is full.", "磁盘已满。")
    return None


class RequestError(DraftcastError):
    """A request that cannot be carried out; `message` says what to correct."""

    def __init__(self, message: Bilingual, *, path: tuple[str, ...] = ()) -> None:
        super().__init__(message.en)
        self.message = message
        self.path = path


class InvalidInput(RequestError):
    """An invalid argument; `path` names it."""


class TaskNotFound(RequestError):
    """An unknown task, or one that the caller may not see."""


class InvalidState(RequestError):
    """The task's state does not allow this."""


class IdempotencyConflict(RequestError):
    """An idempotency key that was used before with other input."""


class QueueFull(RequestError):
    """The queue, or another bounded line of waiting work, accepts no more for now."""


class UploadTooLarge(RequestError):
    """An upload that exceeds the limits of its size or number of files."""


class SettingsError(DraftcastError):
    """An invalid setting; the text is one line that names the variable."""

    def __init__(self, en: str, zh: str = "") -> None:
        super().__init__(en)
        self.message = Bilingual(en, zh or en)


class DiskFull(DraftcastError):
    """The disk has no space for an upload; `message` says so."""

    def __init__(self, message: Bilingual) -> None:
        super().__init__(message.en)
        self.message = message


class StoreUnavailable(DraftcastError):
    """The database does not answer."""
