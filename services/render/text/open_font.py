"""A font that anybody may use, and where it is fetched from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFont:
    """An open font: its family, and the package of npm that has it."""

    family: str
    package: str
    version: str
    integrity: str
    """The package's sum as npm writes it: the algorithm, a hyphen, and the digest in base64."""
    size: int
    """Of the package in bytes, as it is fetched."""
    files: str
    """Patterns of its files within the package, with blanks between; a * stays within a folder's or file's name."""
    licence: str
    """An SPDX identifier, or the licence's usual name."""
    licence_file: str
    """The file of the package that holds its text."""
    ascent: float
    """OS/2 sTypoAscender in em."""
    descent: float
    """OS/2 sTypoDescender in em, below the baseline, positive."""
