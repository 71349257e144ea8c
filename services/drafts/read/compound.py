"""From a material of `drafts` to a compound clip: a draft within the draft."""

from services.drafts.fields import Fields
from services.drafts.read.context import ReadContext
from services.drafts.read.unsupported import effect_name
from services.drafts.records import CompoundMaterial, Draft

MAX_COMPOUND_DEPTH = 3
"""Levels of drafts within drafts that are read."""


def read_compound(fields: Fields, context: ReadContext) -> CompoundMaterial | tuple[str, str]:
    """The compound clip, or why there is none, in English and Chinese.

    The apps keep the inner draft whole, in `draft`; its file elsewhere is a copy.
    Raises `Failed` (DRAFT_TOO_LARGE) when the drafts together hold too much.
    """
    if not fields.object("draft").values:
        return "it is a compound clip whose draft is not in this file", "复合片段的子草稿不在此文件中"
    if context.compounds is None:
        return f"compound clips are drawn {MAX_COMPOUND_DEPTH} levels deep", f"复合片段最多嵌套 {MAX_COMPOUND_DEPTH} 层"
    draft = context.compounds.read(fields)
    if isinstance(draft, Draft):
        return CompoundMaterial(id=fields.text("id"), draft=draft, name=effect_name(fields))
    message = draft.message
    return (
        f"its compound clip cannot be read ({message.en.rstrip('.')})",
        f"复合片段无法读取（{message.zh.rstrip('。')}）",
    )
