"""Text for a Pillow without libfribidi: in visual order."""

import unicodedata

import pytest

from services.render.text.shaping import visual_text

KAF_LAM_MEEM = "\u0643\u0644\u0645"
LAM_ALEF = "\u0644\u0627"


def sight(text: str, *, backwards: bool = True, lacking: str = "") -> list[str]:
    """The names of the drawn characters, from left to right, in a face that lacks some."""
    seen = visual_text(text, backwards=backwards, has=lambda character: character not in lacking)
    return [unicodedata.name(character).removeprefix("ARABIC LETTER ") for character in seen]


def test_arabic_letters_are_joined() -> None:
    assert sight(KAF_LAM_MEEM) == ["MEEM FINAL FORM", "LAM MEDIAL FORM", "KAF INITIAL FORM"]


def test_a_letter_that_joins_nothing_after_it_ends_the_join() -> None:
    assert sight("\u062f\u0628") == ["BEH ISOLATED FORM", "DAL ISOLATED FORM"]


def test_accents_stay_with_their_letter_and_break_no_join() -> None:
    assert sight("\u0628\u064e\u0628") == ["BEH FINAL FORM", "BEH INITIAL FORM", "ARABIC FATHA"]


def test_lam_and_alef_are_one() -> None:
    assert sight(LAM_ALEF) == ["ARABIC LIGATURE LAM WITH ALEF ISOLATED FORM"]
    assert sight("\u0628" + LAM_ALEF) == ["ARABIC LIGATURE LAM WITH ALEF FINAL FORM", "BEH INITIAL FORM"]


def test_a_joiner_joins_and_is_not_drawn() -> None:
    assert sight("\u0628\u200d") == ["BEH INITIAL FORM"]


def test_a_form_that_the_face_lacks_is_the_plain_letter() -> None:
    assert sight("\u0628", lacking="\ufe8f") == ["BEH"]


def test_brackets_are_mirrored_from_right_to_left_only() -> None:
    assert visual_text("\u05d0(\u05d1)", backwards=True, has=lambda _: True) == "(\u05d1)\u05d0"
    assert visual_text("a(b)", backwards=False, has=lambda _: True) == "a(b)"


@pytest.mark.parametrize(("lacking", "drawn"), [("", "\u00e9"), ("\u00e9", "e\u0301")])
def test_an_accent_is_one_with_its_letter_if_the_face_has_it(lacking: str, drawn: str) -> None:
    assert visual_text("e\u0301", backwards=False, has=lambda character: character not in lacking) == drawn


def test_marks_that_only_select_a_variant_are_left_out() -> None:
    assert visual_text("\u2603\ufe0f", backwards=False, has=lambda _: True) == "\u2603"
