"""Parsing of the Dockerfile and compose.yaml, for tests and `make try-image`."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.support.server import ROOT

_ASKED = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?}")


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile: its word, and what follows."""

    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        """What follows, as JSON's list or split as a shell would."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


def instructions() -> Iterator[Instruction]:
    """The Dockerfile's instructions."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        word, _, rest = line.partition(" ")
        yield Instruction(word, rest.strip())


def compose(**told: str) -> Any:
    """The compose file with its variables replaced. Raises KeyError for a required one that is missing."""

    def value(found: re.Match[str]) -> str:
        name, how, otherwise = found.groups()
        return told.get(name, otherwise) if how == "-" else told[name]

    return yaml.safe_load(_ASKED.sub(value, (ROOT / "compose.yaml").read_text()))


def kept_out(path: str) -> bool:
    """Whether .dockerignore keeps a top-level name out of the image."""
    return f"!{path}" not in (ROOT / ".dockerignore").read_text().splitlines()
