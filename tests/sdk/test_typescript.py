"""The TypeScript client, as Node runs it, against a running server."""

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.drafts import DraftBuilder
from tests.support.node import NODE, ROOT, install
from tests.support.proxy import Proxy
from tests.support.server import Server

PROGRAM = Path(__file__).with_name("typescript.ts")
SDK = ROOT / "sdk/typescript"
SECONDS = 60
STAGES = ["PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE", "DONE"]


@pytest.fixture(scope="module")
def seen(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the program saw, with the connections cut where it asks for it."""
    archive = tmp_path_factory.mktemp("draft") / "draft.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("draft_content.json", DraftBuilder().text("{{name}}", 0, 1_000_000).bytes())
    drafts = [server.draft_url(act) for act in ("gated", "hold", "fail")]
    with Proxy(server.port) as proxy:
        command = [*NODE, str(PROGRAM), server.url, proxy.url, *drafts, str(archive)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            for line in program.stdout:
                if line.startswith("{"):
                    return json.loads(line)
                proxy.cut() if line.strip() == "cut" else server.open_gate(int(line.split()[1]))
    raise AssertionError("it ended early")


def test_a_watch_goes_on_where_its_connection_broke_and_misses_nothing(seen: Any) -> None:
    watched = seen["watched"]
    assert watched["seqs"] == sorted(set(watched["seqs"]))
    assert list(dict.fromkeys(watched["stages"]))[-len(STAGES) :] == STAGES
    assert watched["size"] > 0


def test_a_task_is_listed_canceled_retried_and_watched_until_a_signal(seen: Any) -> None:
    ends = ["CANCELED", "CANCELED", "STOPPED"]
    assert seen["changed"] == {"metadata": {"order": 7}, "listed": [True], "ends": ends}


def test_a_draft_is_uploaded_and_reported(seen: Any) -> None:
    reported = seen["reported"]
    assert (reported["renderable"], reported["missingPlaceholders"]) == (True, ["name"])
    assert "name=my+draft" in reported["draftUrl"]
    assert reported["answers"] == [True, "INVALID_INPUT"]


def test_what_the_server_refuses_a_failed_task_and_no_server_are_errors(seen: Any) -> None:
    *codes, status, message = seen["refused"]
    assert codes == [
        *("BAD_REQUEST", "NOT_FOUND", "NOT_FOUND", "VALIDATION_ERROR", "DRAFT_EMPTY"),
        *("Unreachable", "Unreachable"),
    ]
    assert (status in (404, 405), "没有" in message) == (True, True)


def test_its_types_hold_and_what_is_built_names_no_file_of_the_sources(tmp_path: Path) -> None:
    install("sdk/typescript")
    command = [*NODE, "node_modules/typescript/bin/tsc", "--outDir", str(tmp_path)]
    subprocess.run(command, cwd=SDK, check=True, timeout=SECONDS)
    built = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {"index.js", "index.d.ts"} < set(built)
    assert '.ts"' not in built["index.js"]
