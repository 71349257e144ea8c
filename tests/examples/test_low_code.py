"""The files for low-code platforms, used as their hosts use them."""

import json
import subprocess
from typing import Any

import yaml

from draftcast.api.openapi_tools import tools
from services.settings import load
from tests.resolvers.test_openapi_tools import imported
from tests.support.node import EXAMPLES, NODE, ROOT
from tests.support.server import Server

WORKFLOW = EXAMPLES / "n8n-workflow.json"
DIFY_TOOL = EXAMPLES / "dify-tool.yaml"


def execute(server: Server, draft_url: str) -> "subprocess.CompletedProcess[str]":
    """Run the workflow of n8n for a draft."""
    host = ROOT / "tests" / "support" / "n8n.mjs"
    command = [*NODE, str(host), str(WORKFLOW), f"server={server.url}", f"draft_url={draft_url}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_workflow_of_n8n_gives_the_video_of_a_draft(server: Server) -> None:
    done = execute(server, server.draft_url())
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["video_url"].startswith(f"{server.url}/files/")


def test_the_workflow_of_n8n_stops_with_the_error_of_a_failed_draft(server: Server) -> None:
    done = execute(server, server.draft_url("fail"))
    assert (done.returncode, "草稿为空" in done.stderr or "The draft is empty" in done.stderr) == (1, True), done.stderr


def test_the_nodes_of_n8n_are_all_connected_and_repeat_failed_requests() -> None:
    workflow: dict[str, Any] = json.loads(WORKFLOW.read_text())
    names = {node["name"] for node in workflow["nodes"]}
    targets = {to["node"] for each in workflow["connections"].values() for output in each["main"] for to in output}
    assert targets | {"Start"} == names
    asking = [node for node in workflow["nodes"] if node["type"].endswith("httpRequest")]
    assert asking
    assert all(node["retryOnFail"] and node["parameters"]["options"]["timeout"] > 50_000 for node in asking)


def test_the_tool_of_dify_is_the_servers_document_and_renders(server: Server) -> None:
    document = yaml.safe_load(DIFY_TOOL.read_text())
    assert document == tools(load()), "examples/dify-tool.yaml is old: make api-guide"
    document["servers"][0]["url"] = server.url
    method, url, body = imported(document)["gen_video"]
    draft_url = server.draft_url()
    assert (method, list(body["required"])) == ("post", ["draft_url"])
    assert server.post(url.removeprefix(server.url), {"draft_url": draft_url}).status == 200
    _, url, _ = imported(document)["gen_video_status"]
    state = server.post(url.removeprefix(server.url), {"draft_url": draft_url, "wait_seconds": 20}).json
    assert state["draft_url"] == draft_url
