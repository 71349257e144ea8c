"""The program `draftcast`. Its version is printed without the commands, whose import takes a quarter of a second."""

import sys
from importlib.metadata import version


def main() -> None:
    """Run the command line; errors are printed with a hint."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"draftcast {version('draftcast')}\n")
        return
    from draftcast.cli.app import command_line
    from draftcast.cli.terminal import end
    from services.errors import DraftcastError

    try:
        command_line()()
    except (DraftcastError, OSError) as error:
        end(error, as_json="--json" in sys.argv)
