"""A strict JSON parser."""

import json
from typing import NoReturn


def parse_json(text: str | bytes) -> object:
    """The value of a JSON text in UTF-8. Raises JSONDecodeError for everything else.

    Python's own parser would accept NaN, other encodings and lone surrogates, which no database or encoder takes,
    and raise other errors for deep nesting and long numbers.
    """
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        value: object = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError("not valid JSON", "", 0) from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
