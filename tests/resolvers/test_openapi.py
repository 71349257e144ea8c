"""The description of the polling endpoint, and the endpoint held against it.

DRAFTCAST_FUZZ multiplies how many requests are made; `make fuzz-wire` sets it to 100.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from draftcast.app import create_app
from services.settings import load
from tests.support.server import Server, serving

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
STRICT_CHECKS = f"{CHECKS},negative_data_rejection,unsupported_method"
UNLIMITED = {"submits_per_minute": "0", "queries_per_minute": "0", "queued_per_key": "0", "max_queued": "100000"}


def held_against(server: Server, folder: Path, checks: str) -> "subprocess.CompletedProcess[str]":
    """What schemathesis finds."""
    program = Path(sys.executable).parent / "schemathesis"
    url = f"http://127.0.0.1:{server.port}/openapi.json"
    options = ["--checks", checks, "--max-examples", str(4 * LONGER), "--seed", "1", "--no-color"]
    return subprocess.run(
        [program, "run", url, *options, "--request-timeout", "60"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200 * LONGER,
        check=False,
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("envelope", "checks"),
    [("documented", STRICT_CHECKS), ("capcut-mate", CHECKS)],
    ids=["documented", "capcut-mate"],
)
def test_the_polling_endpoint_answers_as_its_description_says(tmp_path: Path, envelope: str, checks: str) -> None:
    with serving(tmp_path, **UNLIMITED, rest_envelope=envelope) as server:
        found = held_against(server, tmp_path, checks)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_question_of_the_polling_endpoint_is_described(server: Server, tmp_path: Path) -> None:
    app = create_app(load(data_dir=tmp_path), work=False)
    mounts = [route for route in app.routes if isinstance(route, Mount) and "v1" in route.path]
    routes = {mount.path + route.path for mount in mounts for route in mount.routes if isinstance(route, Route)}
    described = server.get("/openapi.json").json
    assert {*routes, "/drafts"} == set(described["paths"])
    json.dumps(described)
