"""`python -m schema.print` writes the SDL beside this file."""

from pathlib import Path

from schema.execution.build import build_schema

SDL = Path(__file__).parent / "schema.graphql"


def sdl() -> str:
    """The schema in GraphQL's own language."""
    return build_schema().as_str() + "\n"


if __name__ == "__main__":
    SDL.write_text(sdl(), encoding="utf-8")
