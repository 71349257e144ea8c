import json
from typing import Any

import pytest

from services.drafts.read.draft import read_draft
from services.drafts.read.text import MAX_TEXT_LENGTH
from services.drafts.records import Align, Draft, Glow, Gradient, Shadow, TextMaterial, TextStyle
from services.errors import ErrorCode, Failed, WarningCode
from tests.support.drafts import DraftBuilder, solid

RED = (1.0, 0.0, 0.0, 1.0)


def draft(text: str = "字", *, styles: list[Any] | None = None, **material: Any) -> Draft:
    return read_draft(DraftBuilder().text(text, 0, 10, styles=styles, material=material).bytes())


def caption(text: str = "字", *, styles: list[Any] | None = None, **material: Any) -> TextMaterial:
    found = draft(text, styles=styles, **material).tracks[0].segments[0].material
    assert isinstance(found, TextMaterial)
    return found


def look(read: TextMaterial, at: int = 0) -> TextStyle:
    """The style that holds for a character: the last one that covers it."""
    return [style for style in read.styles if style.start <= at < style.end][-1]


def keyword(text: str, ends: list[list[int]]) -> str:
    read = caption(text, styles=[{"range": end, "size": 10, "fill": solid(1, 0, 0)} for end in ends])
    last = read.styles[-1]
    return read.text[last.start : last.end]


@pytest.mark.parametrize(
    ("text", "ends", "meant"),
    [
        ("😀😀世界😀", [[0, 8], [4, 6]], "世界"),  # the apps, in UTF-16 units
        ("😀😀世界😀", [[0, 5], [2, 4]], "世界"),  # pyJianYingDraft, in characters
        ("😀😀世界😀", [[0, 16], [2, 4]], "世界"),  # capcut-mate: bytes, then characters
        ("😀😀世界😀 ", [[0, 8], [4, 6]], "世界"),  # the apps, with a last space that no style covers
        ("第一\r\n第二", [[0, 6], [4, 6]], "第二"),
        ("第一\r第二", [[0, 5], [3, 5]], "第二"),
        ("世界", [[0, 2], [0, 999]], "世界"),
    ],
)
def test_a_range_means_the_words_its_writer_meant(text: str, ends: list[list[int]], meant: str) -> None:
    assert keyword(text, ends) == meant


def test_line_breaks_of_every_kind_are_newlines() -> None:
    assert caption("a\r\nb\rc\nd").text == "a\nb\nc\nd"
    assert caption(content="a\r\nb").text == "a\nb"


@pytest.mark.parametrize("odd", [[3, 1], [5, 9], [-4, -1]])
def test_a_style_that_covers_nothing_is_left_out(odd: list[int]) -> None:
    assert len(caption("字字", styles=[{"range": odd, "size": 99}]).styles) == 1


@pytest.mark.parametrize("odd", [None, "0,2", [1], [None, None], [float("nan"), 1e300]])
def test_a_style_without_a_range_holds_for_the_whole_text(odd: Any) -> None:
    read = caption("字字", styles=[{"range": odd, "size": 99}])
    assert (look(read, 0).size, look(read, 1).size) == (99, 99)


def test_characters_that_no_style_covers_have_the_flat_look() -> None:
    read = caption("红白", styles=[{"range": [0, 1], "fill": solid(1, 0, 0)}], font_size=7, text_color="#0000FF")
    assert look(read, 0).color == RED
    assert (look(read, 1).color, look(read, 1).size) == ((0, 0, 1, 1), 7)


def test_a_style_wins_over_the_flat_fields_and_they_stand_in_for_what_it_lacks() -> None:
    read = caption("字", styles=[{"range": [0, 1], "size": 5}], font_size=15, text_color="#FF0000", alignment=0)
    assert (look(read).size, look(read).color, read.align) == (5, RED, Align.LEFT)


def test_bold_italic_and_underline_are_read() -> None:
    style = look(caption(styles=[{"range": [0, 1], "bold": True, "italic": True, "underline": True}]))
    assert (style.bold, style.italic, style.underline) == (True, True, True)


def test_transparency_of_a_fill_multiplies() -> None:
    fill = solid(1, 0, 0, alpha=0.5)
    fill["content"]["solid"]["alpha"] = 0.5
    assert look(caption(styles=[{"range": [0, 1], "fill": fill}])).color == (1, 0, 0, 0.25)


def test_colours_a_little_outside_their_range_keep_their_channels() -> None:
    assert look(caption(styles=[{"range": [0, 1], "fill": solid(1.0000001, -0.01, 0)}])).color == RED


def test_strokes_and_shadows_are_read() -> None:
    black, red = {"solid": {"color": [0, 0, 0]}}, {"solid": {"color": [1, 0, 0], "alpha": 1.0}}
    stroke = {"width": 0.06, "content": red}
    shadow = {"distance": 8, "angle": 30, "alpha": 0.5, "diffuse": 0.1, "content": black}
    style = look(caption(styles=[{"range": [0, 1], "strokes": [stroke], "shadows": [shadow]}]))
    assert style.stroke is not None
    assert (style.stroke.width_em, style.stroke.color) == (0.06, RED)
    assert style.shadow is not None
    assert (style.shadow.distance, style.shadow.angle_deg, style.shadow.diffuse) == (8, 30, 0.1)
    assert style.shadow.color == (0, 0, 0, 0.5)


def test_flat_strokes_and_shadows_stand_in() -> None:
    flat: dict[str, Any] = {
        "border_width": 0.08, "border_color": "#FF0000", "has_shadow": True, "shadow_color": "#000000",
        "shadow_alpha": 0.8, "shadow_distance": 5.0, "shadow_angle": -45.0, "shadow_smoothing": 0.5,
    }  # fmt: skip
    style = look(caption(styles=[{"range": [0, 1]}], **flat))
    assert style.stroke is not None
    assert style.stroke.color == RED
    assert style.shadow is not None
    assert style.shadow.color == (0, 0, 0, 0.8)
    bare = look(caption(styles=[{"range": [0, 1], "strokes": [], "shadows": []}], **flat))
    assert (bare.stroke, bare.shadow) == (None, None)


@pytest.mark.parametrize("off", [{"border_color": ""}, {"check_flag": 7}])
def test_an_outline_that_is_switched_off_is_not_drawn(off: dict[str, Any]) -> None:
    flat: dict[str, Any] = {"border_width": 0.08, "border_color": "#FF0000", **off}
    assert look(caption(styles=[{"range": [0, 1]}], **flat)).stroke is None


BOX: dict[str, Any] = {"background_color": "#00FF00", "background_alpha": 0.5, "background_round_radius": 0.3}


def test_a_background_is_read_with_its_colour_corners_and_place() -> None:
    read = caption(background_style=1, background_vertical_offset=-0.2, check_flag=23, **BOX).background
    assert read is not None
    assert (read.color, read.round_radius, read.vertical_offset) == ((0, 1, 0, 0.5), 0.3, -0.2)


@pytest.mark.parametrize(
    "off",
    [
        {"check_flag": 7, "background_style": 1},
        {"check_flag": 15, "background_style": 2},
        {"check_flag": 47, "background_style": 1},
        {"check_flag": 7, "background_style": 0},
        {"check_flag": 23, "background_style": 1, "background_alpha": 0.0},
        {"background_style": 0, "background_alpha": 0.0},
        {"check_flag": 23, "background_style": 1, "background_color": ""},
    ],
)
def test_a_background_that_is_switched_off_clear_or_without_a_colour_is_not_drawn(off: dict[str, Any]) -> None:
    assert caption(**{**BOX, **off}).background is None


@pytest.mark.parametrize("flags", [{"check_flag": 23}, {"check_flag": 55}, {}, {"check_flag": None}, {"check_flag": 0}])
@pytest.mark.parametrize("style", [0, 1])
def test_a_background_is_drawn_whatever_its_style_unless_the_app_says_it_is_off(
    flags: dict[str, Any], style: int
) -> None:
    box = caption(background_style=style, **BOX, **flags).background
    assert box is not None
    assert not box.per_line


def test_the_layout_of_a_caption_is_read() -> None:
    read = caption(
        alignment=2, typesetting=1, letter_spacing=0.1, line_spacing=0.3, line_max_width=0.5, fixed_width=300,
        global_alpha=0.4,
    )  # fmt: skip
    assert (read.align, read.vertical, read.letter_spacing_em, read.line_spacing) == (Align.RIGHT, True, 0.1, 0.3)
    assert (read.line_max_width, read.fixed_width_px, read.alpha) == (0.5, 300, 0.4)


@pytest.mark.parametrize(("kind", "line_feed", "wraps"), [("subtitle", 0, True), ("text", 1, True), ("text", 0, False)])
def test_subtitles_wrap_and_others_when_asked(kind: str, line_feed: int, wraps: bool) -> None:
    assert caption(type=kind, line_feed=line_feed).wrap is wraps


@pytest.mark.parametrize(
    ("font", "name"),
    [
        ({"id": "", "path": "C:/Program Files/JianyingPro/Resources/Font/SystemFont/zh-hans.ttf"}, None),
        ({"id": "", "path": "C:/CapCut/Resources/Font/SystemFont/en.ttf"}, "en"),
        ({"id": "677", "path": "C:\\Cache\\effect\\677\\新青年体.ttf"}, "新青年体"),
        ({"id": "7290445778273702455", "path": "D:"}, "7290445778273702455"),
        ({}, None),
    ],
)
def test_the_font_that_is_asked_for_is_named(font: dict[str, str], name: str | None) -> None:
    assert look(caption(styles=[{"range": [0, 1], "font": font}])).font_name == name


def gradient(**fields: Any) -> dict[str, Any]:
    content = {"angle": 39, "color": [[1, 0, 0], [0, 0, 1]], "alpha": [1, 0.5], "percent": [0.9, 0.1], **fields}
    return {"content": {"render_type": "gradient", "gradient": content}}


def test_a_gradient_is_read_with_its_colours_in_order_of_their_places() -> None:
    read = draft(styles=[{"range": [0, 1], "fill": gradient(mode="character")}])
    material = read.tracks[0].segments[0].material
    assert isinstance(material, TextMaterial)
    assert look(material).gradient == Gradient(39.0, ((0.1, (0, 0, 1, 0.5)), (0.9, RED)), per_character=True)
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("odd", "places"),
    [
        ({"percent": []}, (0.0, 1.0)),
        ({"percent": None, "alpha": None}, (0.0, 1.0)),
        ({"percent": [-1, 7]}, (0.0, 1.0)),
        ({"color": [[1, 0, 0], None, "red", [0, 0], [0, 1, 0]], "percent": []}, (0.0, 1.0)),
        ({"color": [[1, 0, 0]], "percent": [0.5]}, (0.5,)),
    ],
)
def test_a_gradient_with_odd_lists_is_read_as_far_as_it_goes(odd: dict[str, Any], places: tuple[float, ...]) -> None:
    found = look(caption(styles=[{"range": [0, 1], "fill": gradient(**odd)}])).gradient
    assert found is not None
    assert tuple(place for place, _ in found.stops) == places


def test_a_fill_s_transparency_holds_for_its_gradient_too() -> None:
    found = look(caption(styles=[{"range": [0, 1], "fill": {"alpha": 0.5, **gradient()}}])).gradient
    assert found is not None
    assert [color[3] for _, color in found.stops] == [0.25, 0.5]


def test_an_outline_may_have_a_gradient() -> None:
    stroke = look(caption(styles=[{"range": [0, 1], "strokes": [{"width": 0.08, **gradient()}]}])).stroke
    assert stroke is not None
    assert stroke.gradient is not None


@pytest.mark.parametrize("kind", ["gradient", "texture"])
def test_a_fill_that_cannot_be_drawn_is_in_one_colour_and_told_once(kind: str) -> None:
    fill: dict[str, Any] = {"content": {"render_type": kind, "gradient": {}}}
    read = draft("字字", styles=[{"range": [0, 1], "fill": fill}, {"range": [1, 2], "fill": fill}])
    assert [told.code for told in read.warnings] == [WarningCode.EFFECT_APPROXIMATED]


def test_a_text_effect_is_told_once_although_it_stands_in_two_places() -> None:
    style = {"range": [0, 1], "effectStyle": {"id": "66", "path": "C:"}}
    builder = DraftBuilder().text("字", 0, 10, styles=[style])
    builder.using("effects", type="text_effect", name="花字", effect_id="66", value=1.0)
    told = [(one.code, one.effect_id, one.material_name) for one in read_draft(builder.bytes()).warnings]
    assert told == [(WarningCode.EFFECT_SKIPPED, "66", "花字")]


@pytest.mark.parametrize(("effect_id", "told"), [("66", [WarningCode.EFFECT_SKIPPED]), ("", [])])
def test_a_text_effect_of_a_style_alone_is_told_when_it_has_an_id(effect_id: str, told: list[WarningCode]) -> None:
    style = {"range": [0, 1], "effectStyle": {"id": effect_id, "path": ""}}
    assert [one.code for one in draft(styles=[style]).warnings] == told


def test_content_that_is_an_object_already_is_read() -> None:
    assert caption(content={"text": "对象", "styles": []}).text == "对象"


@pytest.mark.parametrize("content", ["{not json}", "{}", '{"a": 1}', "<b>bold</b>", "a < b", ""])
def test_other_strings_are_captions_as_they_stand(content: str) -> None:
    assert caption(content=content).text == content


@pytest.mark.parametrize("content", ['{"styles": [{"fill"', '{"text": null, "styles": []', 5, ["字"]])
def test_content_that_is_broken_is_told_and_not_shown(content: Any) -> None:
    read = draft(content=content)
    material = read.tracks[0].segments[0].material
    assert isinstance(material, TextMaterial)
    assert material.text == ""
    assert [told.code for told in read.warnings] == [WarningCode.FIELD_UNKNOWN]


def test_markup_is_read_with_nested_looks_fonts_and_small_numbers() -> None:
    body = "<color=(1.0, 1e-07, 0, 1)><size=8>一<size=4>二</size>三</size></color>"
    markup = f'<font id="1" path="C:/Fonts/新青年体.ttf">{body}</font>'
    read = caption(content=markup)
    assert read.text == "一二三"
    assert [look(read, at).size for at in range(3)] == [8, 4, 8]
    assert {style.font_name for style in read.styles} == {"新青年体"}
    assert look(read).color == (1.0, 1e-07, 0.0, 1.0)


@pytest.mark.parametrize(
    "markup",
    [
        "<useLetterColor><size=8><color=(1,0,0,1)>[一二]</color></size></useLetterColor>",
        '<outline color=(0,0,0,1) width=0.08><size=8><color=(1,0,0,1)><font id="" path="zh-hans.ttf">[一二]</font>',
        "<useLetterColor><size=8><color=(1, 0, 0)><font id=67 path=C:/a b/effect/新青年体.otf>[一二]</font></size>",
        '<font id="" path=""><color=(1.0, 0.0, 0.0, 1.0)><size=8.0><u>一二</u></size></color></font>',
    ],
)
def test_markup_of_every_writer_is_read(markup: str) -> None:
    """Tags in any order, attributes quoted or not, the text in brackets or not."""
    read = caption(content=markup)
    style = look(read)
    assert (read.text, style.size, style.color) == ("一二", 8, RED)
    assert (style.stroke is not None) == ("outline" in markup)
    assert style.font_name == ("新青年体" if "新青年体" in markup else None)


def test_brackets_that_are_the_text_s_own_stay() -> None:
    assert caption(content="<size=5>[音乐]</size><size=6>一起</size>").text == "[音乐]一起"


@pytest.mark.parametrize("broken", ["<size=5>字", "<size=5></font></font>字</size>", "<color=>字</color>", "<size=>字"])
def test_markup_that_does_not_close_still_gives_its_text(broken: str) -> None:
    assert caption(content=broken).text == "字"


def test_a_font_is_called_by_its_title_where_the_draft_has_one() -> None:
    font = {"id": "729", "path": "D:"}
    read = caption(styles=[{"range": [0, 1], "font": font}], fonts=[{"resource_id": "729", "title": "文轩体"}])
    assert look(read).font_name == "文轩体"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"words": {"start_time": [0], "end_time": [9], "text": ["字"]}}, []),
        ({"caption_template_info": {"resource_id": "77"}}, [WarningCode.EFFECT_APPROXIMATED]),
        ({"ktv_color": "#FF0000"}, [WarningCode.EFFECT_APPROXIMATED]),
        ({"ktv_color": "#FF0000", "words": {"start_time": [0], "text": ["字"]}}, []),
        (
            {"ktv_color": "#FF0000", "words": {"start_time": [0], "text": ["字"]}, "is_lyric_effect": True},
            [WarningCode.EFFECT_APPROXIMATED],
        ),
    ],
)
def test_karaoke_is_told_but_not_the_times_of_words_alone(fields: dict[str, Any], told: list[WarningCode]) -> None:
    assert [one.code for one in draft(**fields).warnings] == told


def test_a_box_is_behind_each_line_or_behind_all() -> None:
    boxes = [caption(background_style=style, background_color="#000000").background for style in (1, 2)]
    assert [box is not None and box.per_line for box in boxes] == [False, True]


def test_surrogates_and_nuls_keep_every_other_character_in_place() -> None:
    text = "\ud83d\0世界"
    styles = [{"range": [0, 4], "size": 5}, {"range": [2, 4], "size": 9}]
    content = json.dumps({"text": text, "styles": styles})
    read = caption(content=content)
    assert read.text == "\ufffd\ufffd世界"
    last = read.styles[-1]
    assert read.text[last.start : last.end] == "世界"


def test_the_longest_caption_is_read_and_a_longer_one_is_refused_with_its_segment() -> None:
    assert len(caption("长" * MAX_TEXT_LENGTH).text) == MAX_TEXT_LENGTH
    builder = DraftBuilder().text("长" * (MAX_TEXT_LENGTH + 1), 0, 10)
    with pytest.raises(Failed) as caught:
        read_draft(builder.bytes())
    failure = caught.value.failure
    assert (failure.code, failure.segment_id) == (ErrorCode.DRAFT_TOO_LARGE, builder.last["id"])
    assert str(MAX_TEXT_LENGTH) in failure.message.en


@pytest.mark.parametrize("beginning", ["长", "{", "<size=5>"])
def test_an_endless_content_is_refused(beginning: str) -> None:
    with pytest.raises(Failed) as caught:
        caption(content=beginning + "长" * 3_000_000)
    assert caught.value.failure.code is ErrorCode.DRAFT_TOO_LARGE


def test_endless_styles_are_refused() -> None:
    with pytest.raises(Failed) as caught:
        caption("字", styles=[{"range": [0, 1]}] * (MAX_TEXT_LENGTH + 1))
    assert caught.value.failure.code is ErrorCode.DRAFT_TOO_LARGE


@pytest.mark.parametrize(
    ("material", "code", "says"),
    [
        ({"check_flag": 7 | 64}, WarningCode.EFFECT_SKIPPED, "glow"),
        ({"text_curve": {"path": "arc"}}, WarningCode.EFFECT_APPROXIMATED, "curve"),
        ({"text_loop_on_path": True}, WarningCode.EFFECT_APPROXIMATED, "curve"),
    ],
)
def test_looks_of_a_text_that_are_not_drawn_are_told(material: dict[str, Any], code: WarningCode, says: str) -> None:
    (told,) = draft(**material).warnings
    assert told.code is code
    assert says in told.message.en
    assert draft(check_flag=7, text_curve=None, text_loop_on_path=False).warnings == ()


@pytest.mark.parametrize("name", ["strokes", "shadows", "inner_shadows"])
def test_outlines_and_shadows_beyond_the_eighth_are_told(name: str) -> None:
    layers = [{"width": 0.08, "distance": 5.0, **solid(part / 9, 0, 0)} for part in range(9)]
    read = draft(styles=[{"range": [0, 1], name: layers}])
    assert [told.code for told in read.warnings] == [WarningCode.EFFECT_APPROXIMATED]
    assert draft(styles=[{"range": [0, 1], name: layers[:8]}]).warnings == ()


def test_of_several_outlines_the_widest_is_the_lowest_and_of_shadows_the_first_the_uppermost() -> None:
    widths = [{"width": width, **solid(0, 0, 0)} for width in (0.05, 0.2, 0.1)]
    distances = [{"distance": distance, **solid(0, 0, 0)} for distance in (3, 9, 6)]
    style = look(caption(styles=[{"range": [0, 1], "strokes": widths, "shadows": distances}]))
    assert style.stroke is not None
    assert (style.stroke.width_em, [stroke.width_em for stroke in style.inner_strokes]) == (0.2, [0.1, 0.05])
    assert style.shadow is not None
    assert (style.shadow.distance, [shadow.distance for shadow in style.lower_shadows]) == (3, [9, 6])


def test_inner_shadows_are_those_of_their_own_list() -> None:
    inner = {**solid(1, 0, 0), "distance": 2, "angle": 30, "feather": 0.02, "alpha": 0.5}
    read = draft(styles=[{"range": [0, 1], "inner_shadows": [inner, {**inner, "alpha": 0}]}])
    assert read.warnings == ()
    style = look(caption(styles=[{"range": [0, 1], "inner_shadows": [inner]}]))
    assert style.shadow is None
    assert style.inner_shadows == (Shadow(2, 30, 0.02, (1, 0, 0, 0.5)),)


GLOW = {"resource_id": "7367637998579487248", "color": "#ffdc00", "strength": 0.4, "range": 0.45}


def test_a_glow_is_read_from_the_segment_s_effects_and_is_no_loss() -> None:
    builder = DraftBuilder().text("字", 0, 10, material={"check_flag": 71})
    read = read_draft(builder.using("effects", type="text_effect", **GLOW).bytes())
    material = read.tracks[0].segments[0].material
    assert isinstance(material, TextMaterial)
    assert look(material).glow == Glow((1.0, 220 / 255, 0.0, 1.0), 0.4, 0.45)
    assert not read.warnings


@pytest.mark.parametrize(
    "place", [{"effects": [GLOW]}, {"effectStyle": {"id": GLOW["resource_id"], "bloom": GLOW}}], ids=["list", "style"]
)
def test_a_glow_of_a_style_is_read(place: dict[str, Any]) -> None:
    read = draft("字光", styles=[{"range": [0, 1]}, {"range": [1, 2], **place}])
    material = read.tracks[0].segments[0].material
    assert isinstance(material, TextMaterial)
    assert (look(material, 0).glow, look(material, 1).glow) == (None, Glow((1.0, 220 / 255, 0.0, 1.0), 0.4, 0.45))
    assert not read.warnings
