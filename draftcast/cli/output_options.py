"""Options of the commands that choose the output: its format, size, quality and range."""

from pathlib import Path
from typing import Annotated

import typer

from services.ai_label import AiLabel
from services.errors import InvalidInput
from services.output import FILE_TYPES, Output, OutputFormat, Quality, check_output

FORMATS = ", ".join(each.lower() for each in OutputFormat)
Format = Annotated[
    OutputFormat | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        case_sensitive=False,
        help=f"The file's format; by default that of OUTPUT's ending: {FORMATS}.",
    ),
]
Kind = Annotated[
    OutputFormat,
    typer.Option("--format", metavar="FORMAT", case_sensitive=False, help=f"The file's format: {FORMATS}."),
]
Size = Annotated[int | None, typer.Option("--short-side", help="The picture's shorter side in pixels.")]
Scale = Annotated[float | None, typer.Option("--scale", help="The picture's size as a factor of the canvas's.")]
Rate = Annotated[
    float | None, typer.Option("--fps", help="Frames a second; by default the draft's, half of it for draft quality.")
]
Level = Annotated[
    Quality,
    typer.Option(
        "--quality",
        metavar="QUALITY",
        case_sensitive=False,
        help="draft, standard or high: draft has half the size and frame rate and is fast, high is large and slow.",
    ),
]
From = Annotated[float, typer.Option("--from", help="Begin here, in seconds.")]
To = Annotated[float | None, typer.Option("--to", help="End here, in seconds.")]
Silent = Annotated[bool, typer.Option("--silent", help="Leave the sound out.")]

Label = Annotated[
    str | None,
    typer.Option(
        "--ai-label",
        metavar="PRODUCER",
        help="Label the file as AI-generated (GB 45438-2025), by this service.",
    ),
]
Mark = Annotated[bool, typer.Option("--ai-mark", help="With --ai-label: mark the picture in the first three seconds.")]


def output_from(
    format_: OutputFormat,
    short_side: int | None,
    scale: float | None,
    fps: float | None,
    quality: Quality,
    start: float,
    end: float | None,
    silent: bool,
    ai_label: str | None,
    ai_mark: bool,
) -> Output:
    """The output of the options. Raises a usage error that names the wrong one."""
    if ai_mark and ai_label is None:
        raise typer.BadParameter("--ai-mark needs --ai-label PRODUCER.")
    output = Output(
        format=format_,
        quality=quality,
        short_side=short_side,
        scale=scale,
        frame_rate=fps,
        start_ms=round(start * 1000),
        end_ms=None if end is None else round(end * 1000),
        sound=not silent,
        ai_label=None if ai_label is None else AiLabel(content_producer=ai_label, mark=ai_mark),
    )
    try:
        check_output(output)
    except InvalidInput as error:
        raise typer.BadParameter(error.message.en) from None
    return output


def format_of(path: Path) -> OutputFormat:
    """The format of a file name's ending; MP4 for others."""
    found = (kind for kind, file_type in FILE_TYPES.items() if file_type.ending == path.suffix.lower())
    return next(found, OutputFormat.MP4)
