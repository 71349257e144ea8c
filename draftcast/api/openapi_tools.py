"""The polling endpoint for low-code platforms: OpenAPI 3.0 without references, unions and lists of types.

Coze takes 3.0 documents only, and Dify reads one type for each field and needs a server [unverified beyond their
documents and Dify's published parser].
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from draftcast.api.openapi import Description, description
from services.settings import Settings

PATH = "/openapi/tools.json"
TITLES = {
    "gen_video": "Submit a draft for rendering 提交草稿渲染",
    "gen_video_status": "Status, progress and video of a draft 查询草稿的渲染状态、进度和视频",
    "gen_video_active_count": "Number of waiting and running tasks 排队和渲染中的任务数",
}
_PREFIX = "/v1/"
_KEPT = ("type", "description", "minimum", "maximum", "enum", "required", "items", "format")


def routes(settings: Settings) -> list[Route]:
    """`/openapi/tools.json`."""
    made = tools(settings)

    async def document(_: Request) -> Response:
        return JSONResponse(made)

    return [Route(PATH, document)]


def tools(settings: Settings) -> Description:
    """The document: the three operations under `/v1`."""
    whole = description(settings)
    names = whole["components"]["schemas"]
    return {
        "openapi": "3.0.1",
        "info": {
            **whole["info"],
            "title": "draftcast",
            "description": "CapCut/JianYing drafts to MP4 剪映草稿渲染为视频",
        },
        "servers": [{"url": settings.base_url}],
        "security": [{"bearer": []}],
        "paths": {
            f"{_PREFIX}{name}": {
                method: _operation(name, operation, names)
                for method, operation in whole["paths"][f"{_PREFIX}{name}"].items()
            }
            for name in TITLES
        },
        "components": {"securitySchemes": whole["components"]["securitySchemes"], "schemas": {}},
    }


def _operation(name: str, operation: Description, names: Description) -> Description:
    good = operation["responses"]["200"]["content"]["application/json"]["schema"]
    made: Description = {
        "operationId": name,
        "summary": TITLES[name],
        "description": operation["summary"],
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": _plain(good, names)}}}},
    }
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _plain(schema, names)}}}
    return made


def _plain(schema: Description, names: Description) -> Description:
    """The schema with one type, inline; of a union the first alternative, of several parts all fields."""
    if "$ref" in schema:
        return _plain(names[schema["$ref"].rpartition("/")[2]], names)
    if "oneOf" in schema:
        return _plain(schema["oneOf"][0], names)
    if "allOf" in schema:
        parts = [_plain(part, names) for part in schema["allOf"]]
        fields: dict[str, Any] = {}
        for part in parts:
            fields |= part["properties"]
        return {"type": "object", "properties": fields}
    made = {key: value for key, value in schema.items() if key in _KEPT}
    kinds = schema.get("type", "string" if "enum" in schema else "integer" if "const" in schema else "object")
    made["type"] = kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")
    if made["type"] != kinds:
        made["nullable"] = True
    if "items" in schema:
        made["items"] = _plain(schema["items"], names)
    if "properties" in schema:
        made["properties"] = {name: _plain(field, names) for name, field in schema["properties"].items()}
    return made
