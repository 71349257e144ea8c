"""Font lookup and preference."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.environment import ASSETS_DIR
from services.render.text.faces import Face, has_character, opened
from services.render.text.fonts import FontBook, cjk_font_name, find_fonts, script_fonts
from tests.support.fonts import collection, font_with, latin_font, renamed

SET_UP = ASSETS_DIR / "fonts"
REGULAR, BOLD = SET_UP / "NotoSansSC-Regular.ttf", SET_UP / "NotoSansSC-Bold.ttf"


def book_of(*folders: Path) -> FontBook:
    """A book without the machine's fonts."""
    return FontBook(folders, system_folders=())


def shape_of(face: Face, character: str) -> tuple[int, ...]:
    """The extents of a character's ink in font units."""
    number = opened(face).get_nominal_glyph(ord(character))
    assert number is not None
    extents = opened(face).get_glyph_extents(number)
    assert extents is not None
    return extents


def test_set_up_brought_a_chinese_font() -> None:
    book = book_of(SET_UP)
    assert cjk_font_name(book) == "Noto Sans SC"
    assert book.default is not None
    assert book.default.path == REGULAR


def test_the_fonts_of_set_up_are_found_without_being_named() -> None:
    assert cjk_font_name(find_fonts(())) == "Noto Sans SC"


def test_a_given_folder_goes_before_those_of_set_up(tmp_path: Path) -> None:
    (tmp_path / "Mine.ttf").symlink_to(BOLD)
    default = find_fonts((tmp_path,)).default
    assert default is not None
    assert default.path == tmp_path / "Mine.ttf"


def test_a_given_folder_without_chinese_leaves_captions_to_set_up(tmp_path: Path) -> None:
    latin_font(tmp_path / "Aileron.ttf")
    default = find_fonts((tmp_path,)).default
    assert default is not None
    assert default.path == REGULAR


def test_an_open_font_that_was_added_for_its_name_is_not_the_default(tmp_path: Path) -> None:
    added = font_with(tmp_path / "Added.ttf", "你好한")
    renamed(added, "ZCOOL KuaiLe")
    book = find_fonts((tmp_path,))
    assert book.default is not None
    assert book.default.path == REGULAR
    named, korean = book.named("快乐体"), book.fallback("한")
    assert named is not None
    assert named.path == added
    assert korean is not None
    assert korean.family == "Noto Sans KR Supplement"
    alone = book_of(tmp_path).default
    assert alone is not None
    assert alone.path == added, "better than no Chinese at all"


def test_there_is_no_chinese_font_where_no_font_has_chinese(tmp_path: Path) -> None:
    latin_font(tmp_path / "Aileron.ttf")
    assert cjk_font_name(book_of(tmp_path)) is None
    assert book_of(tmp_path).default is not None, "Latin captions can still be drawn"
    assert book_of(tmp_path / "nowhere").default is None


def test_the_system_is_searched_when_nothing_else_has_chinese(tmp_path: Path) -> None:
    assert cjk_font_name(FontBook((tmp_path,), system_folders=(SET_UP,))) == "Noto Sans SC"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Noto Sans SC", REGULAR),
        ("notosanssc", REGULAR),
        ("NOTO-SANS_SC", REGULAR),
        ("Noto Sans SC Regular", REGULAR),
        ("Noto Sans SC Bold", BOLD),
        ("NotoSansSC-Bold", BOLD),
    ],
)
def test_a_font_is_found_by_family_or_full_name(name: str, file: Path) -> None:
    face = book_of(SET_UP).named(name)
    assert face is not None
    assert face.path == file


@pytest.mark.parametrize("name", ["", "!!!", "Noto", "Sans SC", "抖音美好体", "Noto Sans SC Bolder"])
def test_a_name_that_is_only_near_finds_nothing(name: str) -> None:
    assert book_of(SET_UP).named(name) is None


def test_a_family_has_its_bold_face() -> None:
    book = book_of(SET_UP)
    assert book.default is not None
    bold = book.bold_of(book.default)
    assert bold is not None
    assert bold.path == BOLD


def test_a_face_has_characters_and_lacks_others(tmp_path: Path) -> None:
    chinese = book_of(SET_UP).default
    latin = book_of(latin_font(tmp_path / "Aileron.ttf").parent).default
    assert chinese is not None
    assert latin is not None
    assert all(has_character(chinese, one) for one in "你好，Aé \u3000\u200d\ufe0f")
    assert has_character(latin, "A")
    assert not any(has_character(latin, one) for one in "你，\ue000\U0010fffd")


def test_a_character_falls_back_to_a_font_that_has_it(tmp_path: Path) -> None:
    rare = font_with(tmp_path / "Rare.ttf", "\U00013000")
    book = book_of(SET_UP, tmp_path)
    found = book.fallback("\U00013000")
    assert found is not None
    assert found.path == rare
    assert book.fallback("\U0010fffd") is None


def _junk(folder: Path) -> None:
    (folder / "A.ttf").write_bytes(b"junk" * 1000)


def _truncated(folder: Path) -> None:
    (folder / "A.otf").write_bytes(REGULAR.read_bytes()[:2000])


def _empty(folder: Path) -> None:
    (folder / "A.ttc").write_bytes(b"")


def _dangling(folder: Path) -> None:
    (folder / "A.ttf").symlink_to(folder / "gone.ttf")


def _folder(folder: Path) -> None:
    (folder / "A.ttf").mkdir()


@pytest.mark.parametrize("spoil", [_junk, _truncated, _empty, _dangling, _folder])
def test_broken_font_files_are_passed_over(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path)
    latin_font(tmp_path / "below" / "Good.ttf")
    default = book_of(tmp_path).default
    assert default is not None
    assert default.path.name == "Good.ttf"


def test_a_broken_file_is_not_taken_for_another_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    latin_font(tmp_path / "home" / "fonts" / "A.ttf")
    broken = tmp_path / "given"
    broken.mkdir()
    _junk(broken)
    assert book_of(broken).default is None


def test_the_right_face_of_a_collection_is_drawn(tmp_path: Path) -> None:
    latin = latin_font(tmp_path / "one" / "Aileron.ttf")
    collection(tmp_path / "all" / "All.ttc", latin, REGULAR)
    together, alone = book_of(tmp_path / "all").default, book_of(SET_UP).default
    assert together is not None
    assert alone is not None
    assert (together.index, together.family) == (1, "Noto Sans SC")
    assert shape_of(together, "你") == shape_of(alone, "你")
    named = book_of(tmp_path / "all").named("Aileron")
    assert named is not None
    assert named.index == 0


def test_each_script_that_set_up_brings_a_font_for_is_drawn_in_it() -> None:
    found = script_fonts(find_fonts(()))
    assert found["Chinese"] == found["Japanese"] == "Noto Sans SC"
    assert [found[script] for script in ("Korean", "Thai", "Hebrew")] == [
        "Noto Sans KR Supplement",
        "Noto Sans Thai",
        "Noto Sans Hebrew",
    ]
    assert found["emoji"] == "Noto Color Emoji"
    assert script_fonts(FontBook((), system_folders=())) == dict.fromkeys(found)


def test_a_rare_character_is_drawn_in_a_fallback() -> None:
    face = find_fonts(()).fallback("𠮷")
    assert face is not None
    assert face.family == "Noto Sans JP Supplement"


def test_the_default_font_of_latin_letters_is_the_plain_face_of_its_look_alike() -> None:
    face = find_fonts(()).named("en")
    assert face is not None
    assert (face.family, face.style) == ("Metropolis", "Regular")


def test_a_weight_that_is_not_here_is_drawn_in_a_near_one_of_its_family() -> None:
    book = FontBook((SET_UP,), system_folders=())
    assert book.named("SourceHanSansCN-Heavy") is None
    heavy, light = book.stand_in("SourceHanSansCN-Heavy"), book.stand_in("SourceHanSansCN-Light")
    assert heavy is not None
    assert light is not None
    assert (heavy.path, light.path) == (BOLD, REGULAR)
