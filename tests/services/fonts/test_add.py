"""Open fonts, fetched by npm and taken out of their packages."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types

from services.fonts.install import install
from services.fonts.npm import FontRefused, fetch
from services.render.text.fonts import FontBook
from services.render.text.open_font import OpenFont
from tests.support.fonts import font_with, latin_font
from tests.support.registry import integrity, package, registry

NAME = "@fonts/some-aileron"


def open_font(packed: bytes, files: str) -> OpenFont:
    return OpenFont(
        family="Aileron",
        package=NAME,
        version="1.2.3",
        integrity=integrity(packed),
        size=len(packed),
        files=files,
        licence="OFL-1.1",
        licence_file="LICENSE_FONT",
        ascent=0.8,
        descent=0.2,
    )


def packed(**files: bytes) -> bytes:
    fonts = {f"files/{name}.ttf": content for name, content in files.items()}
    return package(NAME, "1.2.3", {**fonts, "LICENSE_FONT": b"Open to all."})


def web_font(font: Path) -> bytes:
    """The font compressed, as packages for pages have it."""
    opened: Any = TTFont(font)
    opened.flavor = "woff2"
    written = BytesIO()
    opened.save(written)
    return written.getvalue()


def test_npm_fetches_a_font_from_the_registry_that_it_is_set_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(a=latin_font(tmp_path / "a.ttf").read_bytes())
    font = open_font(archive, "files/*.ttf")
    sizes: list[int] = []
    with registry(NAME, "1.2.3", archive) as address:
        monkeypatch.setenv("npm_config_registry", address)
        (tmp_path / "fetched").mkdir()
        fetched = fetch([font], tmp_path / "fetched", sizes.append)
        assert fetched[font].read_bytes() == archive
        changed = open_font(archive + b"changed", "files/*.ttf")
        (tmp_path / "again").mkdir()
        with pytest.raises(FontRefused, match=r"@fonts/some-aileron@1\.2\.3 is not the package that"):
            fetch([changed], tmp_path / "again")
    assert sizes == sorted(sizes)


def test_a_font_comes_with_its_licence_and_is_found_by_its_name(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    archive.write_bytes(packed(a=latin_font(tmp_path / "a.ttf").read_bytes(), b=b"no font"))
    (path,) = install(open_font(archive.read_bytes(), "files/a.ttf"), archive, tmp_path / "fonts")
    face = FontBook((tmp_path / "fonts",), system_folders=()).named("Aileron")
    assert face is not None
    assert TTFont(path)["head"].modified == TTFont(tmp_path / "a.ttf")["head"].modified, "no trace of when it was added"
    assert (face.path, (tmp_path / "fonts" / "Aileron-LICENSE").read_text()) == (path, "Open to all.")


def test_a_font_that_was_cut_into_pieces_is_one_again(tmp_path: Path) -> None:
    one, other = (web_font(font_with(tmp_path / f"{at}.ttf", text)) for at, text in enumerate(("Abc", "你好")))
    archive = tmp_path / "a.tgz"
    archive.write_bytes(packed(one=one, other=other))
    (path,) = install(open_font(archive.read_bytes(), "files/*.ttf"), archive, tmp_path / "fonts")
    font: Any = TTFont(path)
    with font:
        assert set(map(chr, font.getBestCmap())) == set("Abc你好")
        assert font.flavor is None
