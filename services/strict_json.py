"""JSON texts, read strictly."""

import json
from typing import NoReturn


def parse_json(text: str | bytes) -> object:
    """The value of a JSON text. Raises JSONDecodeError for whatever is not JSON.

    Python's reader alone would take NaN and other encodings, let lone surrogates through,
    which no database or encoder takes, and raise other errors for deep nesting and long numbers.
    """
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        value: object = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError("not valid JSON", "", 0) from error
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
