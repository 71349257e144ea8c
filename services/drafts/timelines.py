"""The choice among a draft's timelines: newer apps keep several, each with a draft of its own.

`Timelines/<id>/draft_content.json` holds one; the file of that name in the draft's folder may be an outdated copy.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any

from services.drafts.fields import Fields, Warnings
from services.drafts.locate import DRAFT_NAMES
from services.drafts.parse import parse
from services.errors import Failed

_LAYOUT, _PROJECT = "timeline_layout.json", "Timelines/project.json"
"""The files that name the open timeline, and the main one."""
_TIMELINE = re.compile(rf"((?:.*/)?)Timelines/[^/]+/(?:{'|'.join(map(re.escape, DRAFT_NAMES))})")


def timelines(paths: Collection[str]) -> list[str]:
    """The paths among a draft's files that are drafts of its timelines."""
    return [path for path in paths if _TIMELINE.fullmatch(path)]


def folder_of(path: str) -> str:
    """The draft's folder, from the path of its main file or of a timeline's; empty or with a slash at its end."""
    found = _TIMELINE.fullmatch(path)
    return found[1] if found else path[: path.rfind("/") + 1]


async def active_timeline(paths: Collection[str], read: Callable[[str], Awaitable[bytes | None]]) -> bytes | None:
    """The content of the open timeline; None when the draft's main file is to be used.

    `paths` are relative to the draft's folder; `read` returns None for a file that cannot be read. A timeline without
    segments is ignored: some generators fill in the main file only.
    """
    known = set(timelines(paths))
    if not known:
        return None
    layout, project = [await _read_object(path, paths, read) for path in (_LAYOUT, _PROJECT)]
    for timeline_id in dict.fromkeys(_ids(layout, project)):
        for path in (f"Timelines/{timeline_id}/{name}" for name in DRAFT_NAMES):
            content = await read(path) if path in known else None
            if content is None:
                continue
            if await asyncio.to_thread(_holds_segments, content):
                return content
    return None


async def _read_object(path: str, paths: Collection[str], read: Callable[[str], Awaitable[bytes | None]]) -> Fields:
    content = await read(path) if path in paths else None
    return Fields(_parsed(content or b""), path, Warnings())


def _ids(layout: Fields, project: Fields) -> Iterator[str]:
    """The ids of the timelines in order of preference."""
    yield layout.text("activeTimeline")
    yield project.text("main_timeline_id")
    for dock in layout.objects("dockItems"):
        yield from (found for found in dock.list("timelineIds")[:1] if isinstance(found, str))


def _holds_segments(content: bytes) -> bool:
    root = Fields(_parsed(content), "draft", Warnings())
    return any(track.list("segments") for track in root.objects("tracks"))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        return parse(content)
    except Failed:
        return {}
