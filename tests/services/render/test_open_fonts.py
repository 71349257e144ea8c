"""Which open font a draft's name means."""

import pytest

from services.render.text.font_table import ALIASES, OPEN_FONTS, STAND_INS
from services.render.text.open_fonts import open_font


@pytest.mark.parametrize(
    ("name", "full_name"),
    [
        ("Poppins", "poppins"),
        ("Poppins-SemiBoldItalic", "poppinssemibolditalic"),
        ("bebas neue", "bebasneue"),
        ("SourceHanSansCN-Bold", "notosansscbold"),
        ("思源粗宋", "notoserifscblack"),
        ("得意黑", "smileysansoblique"),
        ("霞鹜文楷", "lxgwwenkai"),
    ],
)
def test_a_draft_means_the_open_font_by_each_of_its_names(name: str, full_name: str) -> None:
    meant = open_font(name)
    assert meant is not None
    assert (meant.full_name, meant.same) == (full_name, True)


@pytest.mark.parametrize("name", ["Antonio", "Interstate", "Roboto Slab", "新青年体", "", "zh-hans"])
def test_a_name_that_only_begins_alike_is_another_font(name: str) -> None:
    assert open_font(name) is None


def test_a_font_that_is_only_alike_keeps_the_metrics_of_the_named_one() -> None:
    arial, arimo, verdana = open_font("Arial"), open_font("Arimo"), open_font("Verdana")
    assert arial is not None
    assert arimo is not None
    assert verdana is not None
    assert arial.font is arimo.font
    assert (arial.same, arial.ascent, arial.descent) == (False, 0.728, 0.2104)
    assert (arimo.same, arimo.ascent, arimo.descent) == (True, 0.9053, 0.2119)
    assert (verdana.font.family, verdana.ascent) == ("DejaVu Sans", None)


def test_a_line_of_kfgqpc_is_as_high_as_the_app_draws_it() -> None:
    meant = open_font("KFGQPC Uthman Taha Naskh")
    assert meant is not None
    assert meant.ascent is not None
    assert meant.descent is not None
    assert meant.ascent + meant.descent == pytest.approx(1.685)


def test_every_name_of_the_table_leads_to_a_font_that_it_has() -> None:
    assert all(open_font(font.family) for font in OPEN_FONTS)
    assert all(open_font(name) for name in (*ALIASES, *STAND_INS))
    assert all(font.integrity.startswith("sha512-") and font.size < 100_000_000 for font in OPEN_FONTS)
