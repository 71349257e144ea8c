"""The polling endpoint's OpenAPI description. Its errors come from the table of `resolvers.error_table`."""

from importlib.metadata import version
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from draftcast.api import uploads
from draftcast.api.capcut_mate.endpoints import LARGEST_SEQ, LONGEST_WAIT_SECONDS, PREFIXES, SUBMITTED
from draftcast.api.capcut_mate.outputs import OUTPUT_SCHEMA, REPLACE_SCHEMA
from resolvers.error_table import ERROR_TABLE, BodyTooLarge, QueryFailed, WrongContentType, WrongDraftUrl
from services.access.callers import NotAdmitted, ScopeMissing
from services.access.limits import QuotaExceeded
from services.errors import DiskFull, InvalidInput, QueueFull, StoreUnavailable, TaskNotFound, UploadTooLarge
from services.settings import Settings

PATH = "/openapi.json"
Description = dict[str, Any]

DRAFT_URL = "https://drafts.example/get_draft?draft_id=20261101120000c0ffee01"
Errors = tuple[type[Exception], ...]
ALWAYS: Errors = (NotAdmitted, ScopeMissing, QuotaExceeded)
WITH_BODY: Errors = (InvalidInput, WrongDraftUrl, BodyTooLarge, WrongContentType)

_TEXT: Description = {"type": "string"}
_TIME: Description = {"type": ["string", "null"]}
_FIELDS: Description = {
    "draft_url": {"description": "An absolute address, as get_draft is given.", "type": "string", "minLength": 1},
    "apiKey": {"description": "The key, where no Authorization header can be sent.", "type": ["string", "null"]},
}
_STATUS: Description = {
    "draft_url": _TEXT,
    "status": {"enum": ["pending", "processing", "completed", "failed"]},
    "progress": {"type": "integer", "minimum": 0, "maximum": 100},
    "video_url": {"description": "Empty until there is a video.", **_TEXT},
    "error_message": {"description": "Empty unless it failed.", **_TEXT},
    "created_at": _TEXT,
    "started_at": _TIME,
    "completed_at": _TIME,
}


def routes(settings: Settings) -> list[Route]:
    """`/openapi.json`."""
    described = description(settings)

    async def openapi(_: Request) -> Response:
        return JSONResponse(described)

    return [Route(PATH, openapi)]


def description(settings: Settings) -> Description:
    """The whole description, as the settings make the endpoint answer."""
    envelope: _Envelope = _Documented() if settings.rest_envelope == "documented" else _CapcutMate()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "draftcast's polling endpoint",
            "version": version("draftcast"),
            "description": "What clients of capcut-mate ask. Subscriptions and everything newer are in GraphQL, "
            "at /graphql. Texts are Chinese unless Accept-Language prefers English.",
        },
        "security": [{"bearer": []}, {}],
        "paths": {**_polling(envelope), uploads.PATH: {"post": _take_draft()}},
        "components": {
            "schemas": {"Error": _object({"error": _error()}), "Status": _object(_STATUS)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _polling(envelope: "_Envelope") -> Description:
    """The three questions, under each prefix."""
    questions = {
        "gen_video": {"post": _gen_video(envelope)},
        "gen_video_status": {"post": _gen_video_status(envelope)},
        "gen_video_active_count": {"get": _active_count(envelope)},
    }
    return {
        f"{prefix}/{name}": {method: {**told, "operationId": f"{name}{number or ''}"} for method, told in each.items()}
        for number, prefix in enumerate(PREFIXES)
        for name, each in questions.items()
    }


def _gen_video(envelope: "_Envelope") -> Description:
    return {
        "summary": "Have a draft rendered. While its task is active, a repeat joins it.",
        "requestBody": _body({**_FIELDS, "output": OUTPUT_SCHEMA, "replace": REPLACE_SCHEMA}),
        "responses": envelope.responses(
            _object({"message": {"type": "string", "examples": [SUBMITTED.zh]}}),
            (*ALWAYS, *WITH_BODY, QueueFull, StoreUnavailable, Exception),
        ),
    }


def _gen_video_status(envelope: "_Envelope") -> Description:
    waiting = {
        "wait_seconds": {
            "description": "Hold the answer until the task has changed, or so long.",
            "type": ["number", "null"],
            "minimum": 0,
            "maximum": LONGEST_WAIT_SECONDS,
        },
        "since": {
            "description": "The seq that is known; the answer has one when wait_seconds or since is given.",
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": LARGEST_SEQ,
        },
    }
    return {
        "summary": "How far the newest task of a draft is.",
        "requestBody": _body({**_FIELDS, **waiting}),
        "responses": envelope.responses(
            {"$ref": "#/components/schemas/Status"}, (*ALWAYS, *WITH_BODY, TaskNotFound, QueryFailed)
        ),
    }


def _active_count(envelope: "_Envelope") -> Description:
    return {
        "summary": "How many tasks wait or run.",
        "responses": envelope.responses(_object({"count": {"type": "integer", "minimum": 0}}), (*ALWAYS, QueryFailed)),
    }


def _take_draft() -> Description:
    name = {"name": "name", "in": "query", "schema": {"type": "string", "maxLength": uploads.LONGEST_NAME}}
    kept = _object({"draft_url": {"type": "string"}, "expires_at": {"type": "string"}})
    errors = (*ALWAYS, InvalidInput, UploadTooLarge, WrongContentType, QueueFull, DiskFull, StoreUnavailable, Exception)
    return {
        "summary": "Bring a draft's folder as a zip; its draft_url comes back.",
        "operationId": "take_draft",
        "parameters": [name],
        "requestBody": {"required": True, "content": {kind: {} for kind in uploads.ZIP_TYPES}},
        "responses": {"201": _answer("The draft is kept for a while.", kept), **_problems(errors)},
    }


class _Envelope(Protocol):
    """How answers are wrapped; see `draftcast.api.capcut_mate.envelopes`."""

    def responses(self, schema: Description, errors: Errors) -> Description:
        """A question's answers by HTTP status."""
        ...


class _Documented:
    def responses(self, schema: Description, errors: Errors) -> Description:
        return {"200": _answer("As documented.", schema), **_problems(errors)}


class _CapcutMate:
    def responses(self, schema: Description, errors: Errors) -> Description:
        codes = sorted({ERROR_TABLE[error].peer_code for error in errors})
        good = {"allOf": [schema, _object({"code": {"const": 0}, "message": _TEXT})]}
        bad = _object({"code": {"enum": codes}, "message": _TEXT})
        both = {"oneOf": [good, bad]}
        return {"200": _answer("As capcut-mate's server answers: code is 0 when all went well.", both)}


def _problems(errors: Errors) -> Description:
    """Errors by HTTP status, with the codes that occur there."""
    found: dict[int, list[str]] = {}
    for problem in (ERROR_TABLE[error] for error in errors):
        found.setdefault(problem.status, []).append(f"{problem.rest_code}: {problem.title.en}")
    schema = {"$ref": "#/components/schemas/Error"}
    return {str(status): _answer("; ".join(texts), schema) for status, texts in sorted(found.items())}


def _error() -> Description:
    codes = sorted({problem.rest_code for problem in ERROR_TABLE.values()})
    return _object({"code": {"enum": codes}, "message": _TEXT, "details": _TEXT})


def _answer(text: str, schema: Description) -> Description:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _body(fields: Description) -> Description:
    schema = {"type": "object", "properties": fields, "required": ["draft_url"]}
    content = {"schema": schema, "examples": {"usual": {"value": {"draft_url": DRAFT_URL}}}}
    return {"required": True, "content": {"application/json": content}}


def _object(fields: Description) -> Description:
    return {"type": "object", "properties": fields, "required": list(fields)}
