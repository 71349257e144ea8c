"""Shaping and line breaking in many scripts: letters as a reader of the script expects them."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from services.drafts.records import TextMaterial
from services.errors import WarningCode
from services.render.text.cells import Line, read_paragraphs
from services.render.text.fonts import FontBook
from services.render.text.runs import Run, runs_of
from tests.support.captions import BOOK, EM, WIDTH, bands, canvas, caption, drawn, extent, ink, lines, look
from tests.support.fonts import font_with


def line_of(text: TextMaterial, book: FontBook = BOOK) -> Line:
    (line,) = read_paragraphs(text, book, WIDTH, 1.0).lines
    return line


def characters(text: str, book: FontBook = BOOK) -> list[str]:
    """What a reader counts as characters, and a typewriter types one by one."""
    return [cell.text for cell in line_of(caption(text), book).cells]


def runs(text: TextMaterial, book: FontBook = BOOK) -> Sequence[Run]:
    return list(runs_of(line_of(text, book).cells))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("क्षत्रि", ["क्ष", "त्रि"]),
        ("\u1112\u1161\u11ab글", ["\u1112\u1161\u11ab", "글"]),
        ("👨\u200d👩\u200d👧🇨🇳🇯🇵👍🏽1\ufe0f\u20e3", ["👨\u200d👩\u200d👧", "🇨🇳", "🇯🇵", "👍🏽", "1\ufe0f\u20e3"]),
    ],
    ids=["accent", "Thai", "Devanagari", "Hangul", "emoji"],
)
def test_a_character_is_what_a_reader_sees_as_one(tmp_path: Path, text: str, expected: list[str]) -> None:
    font_with(tmp_path / "All.ttf", "".join(dict.fromkeys(text)))
    assert characters(text, FontBook((tmp_path,), system_folders=())) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("สวัสดีครับผมชื่อสมชาย", 3.2, ["สวัสดี", "ครับผม", "ชื่อ", "สมชาย"]),
        ("你好“世界”你好", 2.2, ["你好", "“世", "界”", "你好"]),
        ("100% 好", 3.0, ["100% ", "好"]),
    ],
    ids=["Thai words by a dictionary", "Chinese quotes", "numbers with their signs"],
)
def test_lines_break_by_unicode_s_rules(text: str, limit: float, expected: list[str]) -> None:
    assert lines(caption(text, wrap=True, line_max_width=limit * EM / WIDTH)) == expected


def test_letters_are_not_kerned() -> None:
    """The apps draw AVA as wide as its letters; a kerned V reaches over the A."""
    together = sum(run.width_px for run in runs(caption("AVAVA")))
    apart = sum(run.width_px for letter in "AVAVA" for run in runs(caption(letter)))
    assert together == pytest.approx(apart, abs=0.01)


def test_a_run_ends_where_the_script_changes_and_not_at_marks_of_all_scripts() -> None:
    found = ["".join(run.texts) for run in runs(caption("你好，Hello 世界"))]
    assert found == ["你好，", "Hello ", "世界"]


def test_letters_keep_their_places_to_parts_of_a_pixel() -> None:
    """Hinting or whole pixels would show as steps when a caption grows a little."""
    tops = [extent(ink(caption("H", look(size=10.8 + step / 10))))[1] for step in range(8)]
    heights = [canvas(caption("H", look(size=10.8 + step / 10)))[..., 3].sum() for step in range(8)]
    assert all(small < large for small, large in pairwise(heights))
    assert tops[0] - tops[-1] <= 1


def test_right_to_left_characters_begin_at_the_right(tmp_path: Path) -> None:
    font_with(tmp_path / "Hebrew.ttf", "אבגד")
    (run,) = runs(caption("אבגד"), FontBook((tmp_path,), system_folders=()))
    assert run.backwards
    assert list(run.starts_px) == sorted(run.starts_px)
    assert [glyph.x_px for glyph in run.glyphs] == sorted(glyph.x_px for glyph in run.glyphs)


def test_letter_spacing_does_not_part_joined_scripts(tmp_path: Path) -> None:
    font_with(tmp_path / "Arabic.ttf", "كلم")
    book = FontBook((tmp_path,), system_folders=())
    close, wide = (runs(caption("كلم", letter_spacing_em=em), book)[0].width_px for em in (0.0, 0.5))
    assert close == wide


def test_a_mark_that_no_font_has_is_left_out_with_a_warning_and_its_letter_stays() -> None:
    picture, warnings = drawn(caption("A\u0f84"))
    assert [warning.code for warning in warnings] == [WarningCode.GLYPH_MISSING]
    assert "\u0f84" in warnings[0].message.en
    assert picture.image.tobytes() == drawn(caption("A"))[0].image.tobytes()


def test_an_accent_apart_is_drawn_as_the_letter_that_has_it() -> None:
    assert (ink(caption("e\u0301")) == ink(caption("\u00e9"))).all()
    assert bands(ink(caption("e\u0301")), axis=1) == 2
