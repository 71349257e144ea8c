"""The check of a submit against its draft: ranges, sizes and replacements that do not fit are refused at once.

A process of the renderer reads the draft, as for a report. A draft that cannot be read soon is accepted, and checked by
the render.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import replace

from services.access.fair_slots import FairSlots
from services.drafts.fit import Misfit, misfit
from services.errors import Bilingual, Failed, InvalidInput, RequestError
from services.exporter_protocol.lines import DraftFacts
from services.files.beneath import remove_tree
from services.lru_cache import LruCache, text_bytes
from services.settings import Settings
from services.store.records import TaskRequest
from services.tasks.report import FOLDER_PREFIX, request_of_report
from services.work_folders import scratch_folder
from services.worker.exporter_process import facts

FRESH_SECONDS = 2.0
"""A draft that was read longer ago is read again before a request is refused: it may have been changed."""
AT_ONCE = 4
AT_ONCE_OF_OWNER = 2
WAITING_PER_SLOT = 8
"""Waiting submits of an owner for each of its slots; more are accepted without a check."""
MAX_WAITING = 64
CACHE_BYTES = 8_000_000
SQUARES = 4
"""A size is checked if the largest picture has fewer pixels than so many squares of its short side."""


class DraftCheck:
    """Checks requests for a server with these settings. Drafts for exporters of other programs are not read."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._known = LruCache[tuple[DraftFacts, float]](CACHE_BYTES)
        """By URL, with the times of reading."""
        self._slots = FairSlots(
            Bilingual("draft checks", "草稿核对"),
            AT_ONCE,
            share=AT_ONCE_OF_OWNER,
            patience=WAITING_PER_SLOT,
            most_waiting=MAX_WAITING,
        )

    def deadline(self) -> float:
        """The time of the event loop until which a submit that begins now waits for its drafts."""
        return asyncio.get_running_loop().time() + self._settings.check_seconds

    async def check(self, owner: str, request: TaskRequest, deadline: float) -> None:
        """Raises `InvalidInput` for a request that does not fit its draft, as far as that can be read before
        `deadline`.
        """
        if self._settings.exporter or not self._settings.check_seconds or not self._depends(request):
            return
        wrong = await self._misfit(owner, request, deadline)
        if wrong is not None:
            wrong = await self._misfit(owner, request, deadline, FRESH_SECONDS)
        if wrong is not None:
            message = Bilingual(f"{wrong.message.en} {wrong.hint.en}", f"{wrong.message.zh}{wrong.hint.zh}")
            raise InvalidInput(message, path=wrong.path)

    def _depends(self, request: TaskRequest) -> bool:
        """Whether the draft decides if the request is valid."""
        output = request.output
        large = (output.short_side or 0) ** 2 * SQUARES > self._settings.max_pixels or (output.scale or 0) > 1
        return bool(request.replacements or output.start_ms or output.end_ms is not None or large)

    async def _misfit(
        self, owner: str, request: TaskRequest, deadline: float, most_seconds: float = math.inf
    ) -> Misfit | None:
        """Why the request does not fit its draft as it was at most so long ago; None also where it cannot be read."""
        found = await self._facts(owner, request.draft_url, deadline, most_seconds)
        if found is None:
            return None
        return misfit(found, request.output, request.replacements, self._settings.max_pixels)

    async def _facts(self, owner: str, url: str, deadline: float, most_seconds: float) -> DraftFacts | None:
        try:
            async with asyncio.timeout_at(deadline), self._slots.slot(owner):
                known = self._known.get(url)
                fresh = known is not None and self._clock() - known[1] <= most_seconds
                return known[0] if known and fresh else await self._read(url)
        except (TimeoutError, OSError, Failed, RequestError):
            return None

    async def _read(self, url: str) -> DraftFacts:
        began = self._clock()
        async with scratch_folder(self._settings.work_dir, FOLDER_PREFIX, remove_tree) as outer:
            folder = outer / "attempt"
            await asyncio.to_thread(folder.mkdir)
            request = request_of_report(self._settings, url, folder, math.ceil(self._settings.check_seconds))
            found = await facts(replace(request, report=False, facts=True))
        size = text_bytes(*found.texts, *found.files)
        return self._known.put(url, (found, began), size)[0]
