"""`draftcast fonts`: list the fonts that a draft needs, and add open ones."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from draftcast.cli.terminal import AsJson, Exit, Stopped, print_json, print_table, say, settings_of
from services.errors import Bilingual

if TYPE_CHECKING:
    from services.fonts.needs import NeededFont
    from services.render.text.open_font import OpenFont

fonts = typer.Typer(no_args_is_help=True, help="List the fonts that a draft needs, and add open ones.")


@fonts.command(name="list")
def list_fonts(
    draft: Annotated[str | None, typer.Argument(help="A draft; without one, all open fonts are listed.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the fonts that a draft names: those here, the open ones, and those to supply; exit code 1 if one is missing.

    Without a draft: the fonts that can be added.
    """
    if draft is None:
        _list_open(as_json)
        return
    from draftcast.cli.local_drafts import draft_at
    from draftcast.cli.tables import needed_fonts_table
    from services.fonts.needs import FontState, needed_fonts
    from services.render.text.fonts import find_fonts

    found = needed_fonts(draft_at(draft), find_fonts(settings_of().font_dirs))
    if as_json:
        for font in found:
            print_json(_needed_object(font))
    elif found:
        print_table(needed_fonts_table(found))
    else:
        say("The draft names no font: its captions are drawn in the default one.")
    raise SystemExit(Exit.DONE if all(font.state is FontState.HERE for font in found) else Exit.NO)


def _list_open(as_json: bool) -> None:
    from draftcast.cli.tables import open_fonts_table
    from services.render.text.font_table import OPEN_FONTS
    from services.render.text.fonts import find_fonts
    from services.render.text.open_fonts import names_of

    book = find_fonts(settings_of().font_dirs)
    here = [font for font in OPEN_FONTS if book.named(font.family)]
    if not as_json:
        print_table(open_fonts_table(OPEN_FONTS, here))
        return
    for font in OPEN_FONTS:
        print_json({**asdict(font), "other_names": names_of(font), "here": font in here})


def _needed_object(font: "NeededFont") -> dict[str, Any]:
    """A needed font for programs."""
    found = font.open_font
    return {
        "name": font.name,
        "state": font.state,
        "drawn_in": font.drawn_in,
        "open_font": found and {"family": found.family, "licence": found.licence, "same": font.same},
    }


@fonts.command()
def add(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Fonts by the names that drafts use.")],
    as_json: AsJson = False,
) -> None:
    """Fetch open fonts with npm, into the first folder of DRAFTCAST_FONT_DIRS or beside those of set-up."""
    from rich.console import Console

    from draftcast.cli.progress import FetchingBar
    from services.environment import ADDED_FONTS_DIR
    from services.fonts.install import install
    from services.fonts.npm import fetch, total_size

    wanted = list(dict.fromkeys(_open_font(name, quiet=as_json) for name in names))
    folder = next(iter(settings_of().font_dirs), ADDED_FONTS_DIR)
    with tempfile.TemporaryDirectory(prefix="draftcast-fonts-") as made:
        with FetchingBar(total_size(wanted), quiet=as_json) as bar:
            archives = fetch(wanted, Path(made), bar.fetched)
        for font, archive in archives.items():
            with Console(stderr=True, quiet=as_json).status(f"unpacking {font.family}"):
                faces = install(font, archive, folder)
            if as_json:
                print_json({"family": font.family, "licence": font.licence, "files": [str(face) for face in faces]})
            else:
                say(f"{font.family}: {len(faces)} faces in {folder}, under {font.licence}")


def _open_font(name: str, *, quiet: bool) -> "OpenFont":
    """The open font of a name. Raises `Stopped` if there is none."""
    from services.render.text.open_fonts import open_font

    meant = open_font(name)
    if meant is None:
        raise Stopped(
            "FONT_NOT_OPEN",
            Bilingual(f"{name} is not one of the open fonts", f"{name} 不在开源字体之列"),
            Bilingual(
                "`draftcast fonts list` shows them. Put a font that you have into a folder of DRAFTCAST_FONT_DIRS.",
                "`draftcast fonts list` 会列出它们。自己的字体请放入 DRAFTCAST_FONT_DIRS 中的文件夹。",
            ),
        )
    if not (quiet or meant.same):
        say(f"{name} is no open font; {meant.font.family} looks like it.", "yellow")
    return meant.font
