"""The check of submits against their drafts, with the renderer that reads them."""

import asyncio
from pathlib import Path

import pytest

from services.errors import InvalidInput
from services.replacements import Replacement
from services.settings import load
from services.store.records import TaskRequest
from services.tasks.draft_check import FRESH_SECONDS, DraftCheck
from tests.support.drafts import DraftBuilder
from tests.support.servers import DraftServer

S = 1_000_000


def test_a_draft_is_read_once_and_again_before_a_later_refusal(tmp_path: Path) -> None:
    now = 0.0
    with DraftServer() as drafts:
        url = drafts.add_draft("x", DraftBuilder().text("{{name}}", 0, S).json())
        check = DraftCheck(load(data_dir=tmp_path, allow_hosts=(drafts.host,), check_seconds=60), lambda: now)

        async def asked(name: str) -> None:
            request = TaskRequest(draft_url=url, replacements=(Replacement(name=name, text="Ann"),))
            await check.check("ann", request, check.deadline())

        async def scenario() -> None:
            nonlocal now
            await asked("name")
            drafts.add_draft("x", DraftBuilder().text("{{name}} {{town}}", 0, S).json())
            with pytest.raises(InvalidInput, match="'town'"):
                await asked("town")
            now = FRESH_SECONDS + 1
            await asked("town")

        asyncio.run(scenario())
    assert list((tmp_path / "work").iterdir()) == []
