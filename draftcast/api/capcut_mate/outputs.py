"""The `output` and `replace` of `gen_video`: the same fields as GraphQL's inputs, in snake case."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from services.ai_label import LONGEST_PRODUCER, LONGEST_VALUE, AiContent
from services.errors import Bilingual, InvalidInput
from services.output import (
    FASTEST_RATE,
    LARGEST_SCALE,
    LARGEST_SIDE_PX,
    SLOWEST_RATE,
    SMALLEST_SCALE,
    SMALLEST_SIDE_PX,
    STANDARD_OUTPUT,
    Output,
    OutputFormat,
    Quality,
    output_of,
)
from services.replacements import LONGEST_NAME, LONGEST_TEXT, MOST_REPLACEMENTS, Replacements, replacements_of

_VALUE = {"type": "string", "maxLength": LONGEST_VALUE}
_LABEL_SCHEMA: dict[str, Any] = {
    "description": "The label of AI-generated content by GB 45438-2025, written to the file's metadata.",
    "type": "object",
    "properties": {
        "content": {"enum": list(AiContent)},
        "content_producer": {"type": "string", "minLength": 1, "maxLength": LONGEST_PRODUCER},
        "produce_id": _VALUE,
        "reserved_code1": _VALUE,
        "content_propagator": _VALUE,
        "propagate_id": _VALUE,
        "reserved_code2": _VALUE,
        "mark": {"description": "Show AI生成 in the first three seconds, and on pictures.", "type": "boolean"},
    },
    "required": ["content_producer"],
    "additionalProperties": False,
}
OUTPUT_SCHEMA: dict[str, Any] = {
    "description": "The file to make; what is missing is as in the draft.",
    "type": ["object", "null"],
    "properties": {
        "format": {"enum": list(OutputFormat)},
        "quality": {"enum": list(Quality)},
        "short_side": {"type": "integer", "minimum": SMALLEST_SIDE_PX, "maximum": LARGEST_SIDE_PX},
        "scale": {"type": "number", "minimum": SMALLEST_SCALE, "maximum": LARGEST_SCALE},
        "frame_rate": {"type": "number", "minimum": SLOWEST_RATE, "maximum": FASTEST_RATE},
        "start_ms": {"type": "integer", "minimum": 0},
        "end_ms": {"type": "integer", "minimum": 1},
        "sound": {"type": "boolean"},
        "ai_label": _LABEL_SCHEMA,
    },
    "additionalProperties": False,
}


REPLACE_SCHEMA: dict[str, Any] = {
    "description": f"New texts and files for parts of the draft, up to {MOST_REPLACEMENTS}: each has a name, and a "
    "text or a url.",
    "type": ["array", "null"],
    "items": {
        "type": "object",
        "properties": {
            "name": {
                "description": "A {{placeholder}} of captions without its braces, a segment's or material's id, or a "
                "material's name.",
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST_NAME,
            },
            "text": {"type": ["string", "null"], "maxLength": LONGEST_TEXT},
            "url": {"description": "The http(s) address of a picture, video or sound.", "type": ["string", "null"]},
        },
        "required": ["name"],
        "additionalProperties": False,
    },
}


class _Replacement(BaseModel):
    """A replacement: a name, and a text or a url."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    text: str | None = None
    url: str | None = None


class _Label(BaseModel):
    """The fields of a label in snake case; those that are not set are the defaults of the services' label."""

    model_config = ConfigDict(extra="forbid", strict=True)

    content: AiContent = AiContent.GENERATED
    content_producer: str
    produce_id: str = ""
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""
    mark: bool = False


class _Fields(BaseModel):
    """The fields of an output in snake case; those that are not set are as in the draft, and the defaults unused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: OutputFormat = OutputFormat.MP4
    quality: Quality = Quality.STANDARD
    short_side: int = 0
    scale: float = 0.0
    frame_rate: float = 0.0
    start_ms: int = 0
    end_ms: int = 0
    sound: bool = True
    ai_label: _Label | None = None


_REPLACE = TypeAdapter(list[_Replacement])


def read_output(given: object) -> Output:
    """The output of a body's field; the default without one. Raises `InvalidInput` that names the first wrong field."""
    if given is None:
        return STANDARD_OUTPUT
    known = ", ".join(_Fields.model_fields)
    with _named("output", f"output is an object; its fields are {known}", f"output 是一个对象，可用字段：{known}"):
        return output_of(_Fields.model_validate_json(json.dumps(given)).model_dump(exclude_unset=True))


def read_replacements(given: object) -> Replacements:
    """The replacements of a body's field; none without one. Raises `InvalidInput` as `read_output` does."""
    if given is None:
        return ()
    known, known_zh = "a list of objects with name, and text or url", "一个列表，每项含 name，以及 text 或 url"
    with _named("replace", f"replace is {known}", f"replace 是{known_zh}"):
        return replacements_of([each.model_dump() for each in _REPLACE.validate_json(json.dumps(given))])


@contextmanager
def _named(field: str, form: str, form_zh: str) -> Generator[None]:
    """Raise pydantic's error as one that names the wrong part of a field."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = (field, *(str(part) for part in first["loc"]))
        name = ".".join(path)
        raise InvalidInput(
            Bilingual(f"{name} is invalid: {first['msg']}. {form}.", f"{name} 无效。{form_zh}。"), path=path
        ) from None
