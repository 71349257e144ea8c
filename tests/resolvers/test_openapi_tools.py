"""The document for low-code platforms, imported and used as they do it."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from draftcast.api.openapi_tools import tools
from services.settings import load
from tests.support.server import Server

Json = dict[str, Any]
TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "object": dict, "array": list}


def imported(document: Json) -> dict[str, tuple[str, str, Json]]:
    """The tools of a document by the rules of the importers: Coze's of the version and ids, Dify's of its parser."""
    assert document["openapi"].startswith("3.0.")
    address = document["servers"][0]["url"]
    found: dict[str, tuple[str, str, Json]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"]
            assert operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for name, field in body.get("properties", {}).items():
                assert field["type"] in TYPES, name
            assert operation["operationId"] not in found
            found[operation["operationId"]] = (method, address + path, body)
    return found


def without_references(value: Any) -> bool:
    """Whether no part is a reference, a union, or has several types."""
    if isinstance(value, dict):
        fields = cast("Json", value)
        wrong = {"$ref", "oneOf", "anyOf", "allOf", "const"} & set(fields) or isinstance(fields.get("type"), list)
        return not wrong and all(without_references(each) for each in fields.values())
    return not isinstance(value, list) or all(without_references(each) for each in cast("Sequence[Any]", value))


@pytest.mark.parametrize("envelope", ["documented", "capcut-mate"])
def test_the_document_has_one_type_for_each_field_in_both_envelopes(envelope: str) -> None:
    document = tools(load(rest_envelope=envelope))
    assert without_references(document)
    assert set(imported(document)) == {"gen_video", "gen_video_status", "gen_video_active_count"}


def test_a_low_code_platform_renders_by_the_imported_document(server: Server) -> None:
    found = imported(server.get("/openapi/tools.json").json)
    draft_url, state = server.draft_url(), {"status": "pending"}

    def call(tool: str, **arguments: object) -> Json:
        method, url, body = found[tool]
        assert set(body.get("required", ())) <= set(arguments) <= set(body["properties"])
        assert method == "post"
        answer = server.post(url.removeprefix(server.url), arguments)
        assert answer.status == 200
        found_json: Json = answer.json
        return found_json

    call("gen_video", draft_url=draft_url)
    while state["status"] in ("pending", "processing"):
        state = call("gen_video_status", draft_url=draft_url, wait_seconds=20, since=state.get("seq", 0))
    assert (state["status"], state["video_url"].endswith(".mp4")) == ("completed", True)
