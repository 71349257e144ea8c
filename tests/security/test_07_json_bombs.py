"""Row 7: a draft that is a bomb of JSON is refused by name, within the render's limits."""

from pathlib import Path

import pytest

from services.drafts.read.draft import read_draft
from services.errors import ErrorCode, Failed
from tests.support.render import request, run

DEEP = 100_000
BOMBS = {
    "lists": b"[" * DEEP,
    "lists that end": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"a":' * DEEP,
    "objects that end": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a part": b'{"tracks":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a draft in a draft": b'{"materials":{"drafts":[{"draft":' * 3000,
    "a long number": b'{"duration":' + b"9" * 1_000_000 + b"}",
    "a million tracks": b'{"tracks":[' + b",".join([b"{}"] * 1_000_000) + b"]}",
    "one key a million times": b"{" + b",".join([b'"tracks":[]'] * 1_000_000) + b"}",
}
NAMED = {ErrorCode.DRAFT_INVALID, ErrorCode.DRAFT_TOO_LARGE, ErrorCode.DRAFT_EMPTY}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(Failed) as refused:
        read_draft(content)
    assert refused.value.failure.code in NAMED
    assert len(refused.value.failure.message.en) < 500


def test_a_bomb_ends_the_render_of_its_own_draft_with_its_own_error(tmp_path: Path) -> None:
    (tmp_path / "draft_content.json").write_bytes(BOMBS["objects that end"])
    rendered = run(request(tmp_path, draft_folder=str(tmp_path), limits={"seconds": 20}))
    assert rendered.error["code"] == "DRAFT_INVALID"
