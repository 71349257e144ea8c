"""The `output` object of `gen_video`: the same fields as GraphQL's input, in snake case."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

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
    },
    "additionalProperties": False,
}


class OutputFields(BaseModel):
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


def read_output(given: object) -> Output:
    """The output of a body's field; the default without one. Raises `InvalidInput` that names the first wrong field."""
    if given is None:
        return STANDARD_OUTPUT
    try:
        return output_of(OutputFields.model_validate_json(json.dumps(given)).model_dump(exclude_unset=True))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(["output", *(str(part) for part in first["loc"])])
        known = ", ".join(OutputFields.model_fields)
        raise InvalidInput(
            Bilingual(
                f"{name} is invalid: {first['msg']}. output is an object; its fields are {known}.",
                f"{name} 无效。output 是一个对象，可用字段：{known}。",
            ),
            path=("output", *(str(part) for part in first["loc"])),
        ) from None
