"""Whether an output and replacements fit a draft. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.drafts.records import Draft, MediaMaterial, TextMaterial, segments_of
from services.drafts.replace import names_of, placeholders
from services.drafts.resize import canvas_size
from services.errors import HINTS, Bilingual, ErrorCode, Failed, Failure
from services.exporter_protocol.lines import DraftFacts
from services.output import Output
from services.replacements import Replacement, Replacements

US = 1_000_000
MOST_NAMED = 20
"""Names that a message lists."""
RANGE_HINT = Bilingual(
    "Ask for a range within the draft; `draftReport` has its length.",
    "请指定草稿时长之内的范围；`draftReport` 会给出草稿的时长。",
)
SIZE_HINT = Bilingual(
    "Ask for a smaller size, or ask the operator to raise DRAFTCAST_MAX_PIXELS.",
    "请指定更小的尺寸，或请管理员调高 DRAFTCAST_MAX_PIXELS。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Why a request does not fit its draft; `path` is the field of the request."""

    code: ErrorCode
    path: tuple[str, ...]
    message: Bilingual
    hint: Bilingual

    @property
    def failed(self) -> Failed:
        """The failure of a task with such a request."""
        return Failed(Failure(code=self.code, message=self.message, hint=self.hint, retryable=False))


def facts_of(draft: Draft) -> DraftFacts:
    """The facts of a draft as it is read."""
    texts, files = dict.fromkeys(placeholders(draft)), dict[str, None]()
    for segment in segments_of(draft):
        material = segment.material
        if isinstance(material, TextMaterial | MediaMaterial):
            found = texts if isinstance(material, TextMaterial) else files
            found.update(dict.fromkeys(names_of(segment, material)))
    return DraftFacts(
        width=draft.width,
        height=draft.height,
        duration_us=draft.duration_us,
        frame_rate=draft.fps,
        texts=tuple(texts),
        files=tuple(files),
    )


def misfit(facts: DraftFacts, output: Output, replacements: Replacements, most_pixels: int) -> Misfit | None:
    """The first reason why a request does not fit; None if it fits. `most_pixels` bounds width x height."""
    found = (*_of_size(facts, output, most_pixels), *_of_range(facts, output), *_of_names(facts, replacements))
    return next(iter(found), None)


def unknown(facts: DraftFacts, replacements: Replacements) -> tuple[str, ...]:
    """The names of replacements for which the draft has nothing."""
    names = {True: {*facts.texts}, False: {*facts.files}}
    return tuple(each.name for each in replacements if each.name not in names[each.text is not None])


def _of_size(facts: DraftFacts, output: Output, most_pixels: int) -> Iterator[Misfit]:
    width, height = canvas_size(facts.width, facts.height, output)
    if width * height > max(most_pixels, facts.width * facts.height):
        name = "scale" if output.short_side is None else "shortSide"
        yield Misfit(
            code=ErrorCode.DRAFT_TOO_LARGE,
            path=("output", name),
            message=Bilingual(
                f"output.{name} makes {width}x{height} pixels of the draft's canvas; at most {most_pixels} are "
                "rendered.",
                f"output.{name} 使画布变为 {width}x{height} 像素，最多渲染 {most_pixels} 像素。",
            ),
            hint=SIZE_HINT,
        )


def _of_range(facts: DraftFacts, output: Output) -> Iterator[Misfit]:
    """A range may end up to a frame after the draft, since callers round."""
    latest_us = facts.duration_us + US / facts.frame_rate
    if output.start_ms and output.start_ms * 1000 >= facts.duration_us:
        yield _outside(facts, "startMs", output.start_ms, "not before the end", "不在草稿结尾之前")
    if output.end_ms is not None and output.end_ms * 1000 > latest_us:
        yield _outside(facts, "endMs", output.end_ms, "after the end", "晚于草稿结尾")


def _outside(facts: DraftFacts, name: str, at_ms: int, where: str, where_zh: str) -> Misfit:
    seconds = f"{facts.duration_us / US:.2f}"
    return Misfit(
        code=ErrorCode.DRAFT_INVALID,
        path=("output", name),
        message=Bilingual(
            f"output.{name}, {at_ms}, is {where} of the draft, which is {seconds} s long.",
            f"output.{name}（{at_ms}）{where_zh}，草稿时长为 {seconds} 秒。",
        ),
        hint=RANGE_HINT,
    )


def _of_names(facts: DraftFacts, replacements: Replacements) -> Iterator[Misfit]:
    missing = {*unknown(facts, replacements)}
    wrong = [each for each in replacements if each.name in missing]
    other = [each for each in wrong if each.name in (facts.texts if each.text is None else facts.files)]
    if wrong:
        yield Misfit(
            code=ErrorCode.REPLACEMENT_UNKNOWN,
            path=("replace",),
            message=_other_kind(other[0]) if other else _nothing(wrong),
            hint=HINTS[ErrorCode.REPLACEMENT_UNKNOWN],
        )


def _other_kind(wrong: Replacement) -> Bilingual:
    """The message for a text that shall be a file, or a file that shall be a text."""
    kind, kind_zh, needed = ("text", "文字", "text") if wrong.text is None else ("file", "文件", "url")
    return Bilingual(
        f"replace: {wrong.name!r} is a {kind} of the draft; give its {needed}.",
        f"replace：草稿中的“{wrong.name}”是{kind_zh}，请给出 {needed}。",
    )


def _nothing(wrong: list[Replacement]) -> Bilingual:
    names = [each.name for each in wrong[:MOST_NAMED]]
    listed, listed_zh = ", ".join(map(repr, names)), "、".join(f"“{name}”" for name in names)
    return Bilingual(
        f"The draft has nothing that these replacements name: {listed}.",
        f"草稿中没有这些替换所指的内容：{listed_zh}。",
    )
