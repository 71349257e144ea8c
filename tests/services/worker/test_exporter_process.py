"""Exporters of other authors: none makes another file than the requested one in silence."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from services.errors import Failed
from services.exporter_protocol.lines import Result
from services.exporter_protocol.request import ExportRequest
from services.output import Output, OutputFormat
from services.replacements import Replacement
from services.worker.exporter_process import export
from tests.support.server import ROOT

PICTURE = Output(format=OutputFormat.JPEG)
NAMED = (Replacement(name="guest", text="Ann"),)


def exported(folder: Path, act: str, **changes: Any) -> Result:
    attempt, file = folder / "1", folder / "file"
    attempt.mkdir()
    file.write_bytes(b"a file")
    request = ExportRequest(
        draft_url=f"https://drafts.example/get_draft?act={act}", folder=attempt, output=attempt / "video.mp4", **changes
    )
    command = (sys.executable, str(ROOT / "tests" / "support" / "exporter.py"), str(file), str(file))
    return asyncio.run(export(command, request, lambda _: None))


@pytest.mark.parametrize("changes", [{"options": PICTURE}, {"replacements": NAMED}, {}])
def test_an_exporter_that_accepts_what_is_requested_exports_it(tmp_path: Path, changes: Any) -> None:
    assert exported(tmp_path, "render", **changes).frames > 0


def test_an_exporter_may_be_deaf_to_what_nobody_requests(tmp_path: Path) -> None:
    assert exported(tmp_path, "deaf").frames > 0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"options": PICTURE}, "ignores output,"),
        ({"replacements": NAMED}, "ignores replace,"),
        ({"options": PICTURE, "replacements": NAMED}, "ignores output and replace,"),
    ],
)
def test_an_exporter_that_ignores_a_request_is_refused(tmp_path: Path, changes: Any, named: str) -> None:
    with pytest.raises(Failed) as error:
        exported(tmp_path, "deaf", **changes)
    failure = error.value.failure
    assert failure.code == "FEATURE_UNSUPPORTED"
    assert named in failure.message.en
    assert "accepts" in failure.hint.zh
