"""`draftcast looks`: make colour tables of filters from pictures before and after them."""

from pathlib import Path
from typing import Annotated

import typer

from draftcast.cli.terminal import AsJson, Stopped, print_json, say

looks = typer.Typer(no_args_is_help=True, help="Make colour tables of filters from pictures before and after them.")


@looks.command()
def chart(
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write.")] = Path("chart.png"),
) -> None:
    """Write the chart: 4913 colours in 1920x1080. Export it from the app with a filter, as a picture."""
    from services.looks.chart import chart as drawn

    drawn().save(output)
    say(f"{output}: export it from the app with the filter at full strength, as a picture, then")
    say(f"draftcast looks fit {output} EXPORT")


@looks.command()
def fit(
    before: Annotated[Path, typer.Argument(help="A picture without the filter: the chart, or another one.")],
    after: Annotated[Path, typer.Argument(help="The same picture with the filter.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .cube to write; default AFTER's name.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a colour table from a picture before and after a filter, for a folder of DRAFTCAST_LOOKS."""
    from services.looks.chart import BadPair, samples
    from services.looks.fit import SIDE
    from services.looks.fit import fit as fitted
    from services.render.effects.luts import write_table

    try:
        found = fitted(samples(before, after))
    except BadPair as error:
        raise Stopped(
            "LOOK_NOT_FITTED", str(error), "`draftcast looks chart` writes a picture to begin with."
        ) from None
    path = output or after.with_suffix(".cube")
    write_table(SIDE, found.colors, path)
    if as_json:
        print_json({"file": str(path), "rmse": round(found.rmse * 255, 2), "seen": round(found.seen, 3)})
        return
    say(f"{path}: off by {found.rmse * 255:.1f} of 255 (root mean square); {found.seen:.0%} of its colours were seen.")
    say("Name it after the filter's id or name, and put it into a folder of DRAFTCAST_LOOKS.")
