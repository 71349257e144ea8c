"""The Dockerfile and compose.yaml name what there is. `make try-image` carries them out."""

import re
from typing import Any

import pytest
from typer.main import get_command

from draftcast.cli.app import app
from services.settings import Settings
from tests.support.dockerfile import compose, instructions
from tests.support.server import ROOT

TOLD = {
    "POSTGRES_PASSWORD": "secret",
    "DRAFTCAST_SIGNING_KEY": "key" * 11,
    "DRAFTCAST_PUBLIC_URL": "https://render.example",
}


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = compose(**TOLD)["services"]
    return found


def test_the_composed_site_has_two_of_each_on_postgres_and_a_doorbell(services: dict[str, Any]) -> None:
    ours = {name: each["deploy"]["replicas"] for name, each in services.items() if each["image"] == "draftcast"}
    assert ours == {"api": 2, "worker": 2}
    settings = Settings(
        **{name.removeprefix("DRAFTCAST_").lower(): value for name, value in services["api"]["environment"].items()}
    )
    assert settings.database == "postgresql://draftcast:secret@postgres/draftcast"
    assert settings.broadcast == "redis://valkey"
    assert services["api"]["environment"] == services["worker"]["environment"]


@pytest.mark.parametrize("missing", TOLD)
def test_no_secret_and_no_address_is_made_up(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        compose(**{name: value for name, value in TOLD.items() if name != missing})


def test_what_runs_is_a_command_of_ours(services: dict[str, Any]) -> None:
    (entrypoint,) = [step.words for step in instructions() if step.word == "ENTRYPOINT"]
    (command,) = [step.words for step in instructions() if step.word == "CMD"]
    assert entrypoint == ["draftcast"]
    for name, *options in (command, services["api"]["command"], services["worker"]["command"]):
        get_command(app).commands[name].make_context(name, options)  # type: ignore[attr-defined]  # a group has commands


def test_the_image_runs_as_nobody_of_importance_and_sets_what_there_is() -> None:
    steps = [(step.word, step.rest) for step in instructions()]
    last_stage = steps[max(index for index, (word, _) in enumerate(steps) if word == "FROM") :]
    assert ("USER", "draftcast") in last_stage
    names = re.findall(r"DRAFTCAST_(\w+)=", " ".join(rest for word, rest in steps if word == "ENV"))
    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_the_context_holds_what_it_names() -> None:
    names = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in names if not (ROOT / name).exists()] == []
