"""What `draftcast fonts` says of the fonts that a draft names."""

import json
from pathlib import Path

from typer.testing import CliRunner

from draftcast.cli.app import app
from services.drafts.read.draft import read_draft
from services.fonts.needs import FontState, needed_fonts
from services.render.text.fonts import FontBook
from tests.support.drafts import DraftBuilder
from tests.support.fonts import latin_font


def draft_naming(*names: str) -> str:
    draft = DraftBuilder(640, 360)
    for at, name in enumerate(names):
        draft.text("Hi", at * 1_000_000, 1_000_000, material={"font_title": name})
    return draft.json()


def test_each_font_is_here_or_can_be_added_or_is_to_be_supplied(tmp_path: Path) -> None:
    latin_font(tmp_path / "aileron.ttf")
    content = draft_naming("Aileron", "Poppins-Bold", "新青年体", "Arial", "Aileron").encode()
    found = needed_fonts(read_draft(content), FontBook((tmp_path,), system_folders=()))
    assert [(font.name, font.state, font.open_font and font.open_font.family, font.same) for font in found] == [
        ("Aileron", FontState.HERE, None, False),
        ("Poppins-Bold", FontState.OPEN, "Poppins", True),
        ("新青年体", FontState.MISSING, None, False),
        ("Arial", FontState.OPEN, "Arimo", False),
    ]
    assert {font.drawn_in for font in found} == {"Aileron"}


def test_the_command_tells_programs_of_a_drafts_fonts(tmp_path: Path) -> None:
    (tmp_path / "draft_content.json").write_text(draft_naming("Noto Sans SC", "新青年体"))
    done = CliRunner().invoke(app, ["fonts", "list", str(tmp_path), "--json"])
    assert done.exit_code == 1
    assert [json.loads(line)["state"] for line in done.stdout.splitlines()] == ["here", "missing"]


def test_the_command_lists_the_open_fonts_with_their_licences() -> None:
    done = CliRunner().invoke(app, ["fonts", "list", "--json"])
    fonts = {font["family"]: font for font in map(json.loads, done.stdout.splitlines())}
    assert (fonts["Noto Sans SC"]["here"], fonts["Noto Sans SC"]["licence"]) == (True, "OFL-1.1")
    assert "得意黑" in fonts["Smiley Sans Oblique"]["other_names"]


def test_a_font_that_is_not_open_is_not_fetched() -> None:
    done = CliRunner().invoke(app, ["fonts", "add", "新青年体"])
    assert getattr(done.exception, "code", None) == "FONT_NOT_OPEN"
    assert "DRAFTCAST_FONT_DIRS" in getattr(done.exception, "hint", "")
