"""Drafts with replaced texts and files. Pure."""

import re
from collections.abc import Callable
from dataclasses import replace

from services.drafts.fields import clean_text
from services.drafts.read.text import MAX_TEXT_LENGTH
from services.drafts.records import (
    CompoundMaterial,
    Draft,
    Karaoke,
    MediaKind,
    MediaMaterial,
    Segment,
    TextMaterial,
    Track,
    segments_of,
)
from services.drafts.time_warp import TimeWarp
from services.errors import Bilingual, DraftWarning, ErrorCode, WarningCode, failed
from services.http.urls import clean_url
from services.replacements import Replacements

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}\n]{1,200}?)\s*\}\}")


def placeholders(draft: Draft) -> tuple[str, ...]:
    """The names of all `{{placeholders}}` in the captions of a draft, each once, in order of appearance."""
    texts = (segment.material.text for segment in segments_of(draft) if isinstance(segment.material, TextMaterial))
    return tuple(dict.fromkeys(name for text in texts for name in _PLACEHOLDER.findall(text)))


def replaced(draft: Draft, replacements: Replacements) -> Draft:
    """The draft with the replacements made, which fit it, and a warning for each placeholder that is left. Raises
    `Failed` (DRAFT_TOO_LARGE).
    """
    if not replacements:
        return draft
    changed = _Replacer(replacements).draft(draft)
    return replace(changed, warnings=(*changed.warnings, *map(_left, placeholders(changed))))


def names_of(segment: Segment, material: TextMaterial | MediaMaterial) -> tuple[str, ...]:
    """The names of a segment's material, the most specific first."""
    return tuple(name for name in (segment.id, material.id, material.name) if name)


class _Replacer:
    """Replaces in a draft and the drafts within it."""

    def __init__(self, replacements: Replacements) -> None:
        self._texts = {each.name: clean_text(each.text) for each in replacements if each.text is not None}
        self._urls = {each.name: clean_url(each.url) for each in replacements if each.url is not None}

    def draft(self, draft: Draft) -> Draft:
        starts_us: dict[MediaMaterial, int] = {}
        for segment in (segment for track in draft.tracks for segment in track.segments):
            if isinstance(segment.material, MediaMaterial) and segment.source is not None:
                found_us = starts_us.get(segment.material, segment.source.start_us)
                starts_us[segment.material] = min(found_us, segment.source.start_us)
        return replace(draft, tracks=tuple(self._track(track, starts_us) for track in draft.tracks))

    def _track(self, track: Track, starts_us: dict[MediaMaterial, int]) -> Track:
        return replace(track, segments=tuple(self._segment(segment, starts_us) for segment in track.segments))

    def _segment(self, segment: Segment, starts_us: dict[MediaMaterial, int]) -> Segment:
        material = segment.material
        if isinstance(material, CompoundMaterial):
            return replace(segment, material=replace(material, draft=self.draft(material.draft)))
        if isinstance(material, TextMaterial):
            text = self._text(segment, material)
            return segment if text is material else replace(segment, material=text)
        url = _first(self._urls, names_of(segment, material)) if isinstance(material, MediaMaterial) else None
        if url is None or not isinstance(material, MediaMaterial):
            return segment
        return _earlier(replace(segment, material=_media(material, url)), starts_us.get(material, 0))

    def _text(self, segment: Segment, material: TextMaterial) -> TextMaterial:
        whole = _first(self._texts, names_of(segment, material))
        if whole is not None:
            return _edited(segment, material, 0, len(material.text), whole)
        for found in reversed(list(_PLACEHOLDER.finditer(material.text))):
            if found[1] in self._texts:
                material = _edited(segment, material, found.start(), found.end(), self._texts[found[1]])
        return material


def _first(values: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((values[name] for name in names if name in values), None)


def _edited(segment: Segment, material: TextMaterial, start: int, end: int, new: str) -> TextMaterial:
    """The caption with `new` in place of the characters `start` to `end`, in the style of the first of them."""
    new = new.replace("\r\n", "\n").replace("\r", "\n")
    text = material.text[:start] + new + material.text[end:]
    if len(text) > MAX_TEXT_LENGTH:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"With its replacements the caption of segment {segment.id} has {len(text)} characters; "
            f"at most {MAX_TEXT_LENGTH} are drawn.",
            f"替换后片段 {segment.id} 的文字有 {len(text)} 个字符，最多 {MAX_TEXT_LENGTH} 个。",
            segment_id=segment.id,
        )
    more = len(new) - (end - start)

    def begins(index: int) -> int:
        return index if index <= start else max(index, end) + more

    def ends(index: int) -> int:
        return index if index <= start < end else max(index, end) + more

    moved = (replace(style, start=begins(style.start), end=ends(style.end)) for style in material.styles)
    styles = tuple(style for style in moved if style.start < style.end or style.start == 0 == len(text))
    return replace(material, text=text, styles=styles, karaoke=material.karaoke and _spoken(material.karaoke, ends))


def _spoken(karaoke: Karaoke, ends: Callable[[int], int]) -> Karaoke:
    return replace(karaoke, words=tuple(replace(word, end=ends(word.end)) for word in karaoke.words))


def _media(material: MediaMaterial, url: str) -> MediaMaterial:
    """The material with another file, whose kind is seen when it is read."""
    kind = material.kind if material.kind is MediaKind.AUDIO else MediaKind.VIDEO
    return replace(material, path="", remote_url=url, kind=kind, width=0, height=0, duration_us=0, optional=False)


def _earlier(segment: Segment, by_us: int) -> Segment:
    """The segment with its source so much earlier: the first use of a new file plays it from its beginning."""
    if segment.source is None or not by_us:
        return segment
    warp = segment.warp and TimeWarp(tuple((time_us, at_us - by_us) for time_us, at_us in segment.warp.points))
    return replace(segment, source=replace(segment.source, start_us=segment.source.start_us - by_us), warp=warp)


def _left(name: str) -> DraftWarning:
    return DraftWarning(
        code=WarningCode.PLACEHOLDER_LEFT,
        message=Bilingual(
            f"The placeholder {{{{{name}}}}} has no replacement and is drawn as it is.",
            f"占位符 {{{{{name}}}}} 没有对应的替换，按原文绘制。",
        ),
    )
