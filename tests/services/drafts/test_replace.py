"""Replaced texts and files of a draft, on drafts as generators write them."""

import pytest

from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, MediaMaterial, TextMaterial, segments_of
from services.drafts.replace import placeholders, replaced
from services.errors import InvalidInput, WarningCode
from services.output import STANDARD_OUTPUT
from services.replacements import Replacement, check_replacements, in_order, replacements_of, variant_key
from tests.support.drafts import DraftBuilder, solid

S = 1_000_000


def texts(**values: str) -> tuple[Replacement, ...]:
    return in_order(Replacement(name=name, text=text) for name, text in values.items())


def captions(draft: Draft) -> list[TextMaterial]:
    return [each.material for each in segments_of(draft) if isinstance(each.material, TextMaterial)]


def caption(draft: Draft) -> TextMaterial:
    (found,) = captions(draft)
    return found


def test_placeholders_are_found_in_order_once_each() -> None:
    builder = DraftBuilder().text("{{name}}, 欢迎来到 {{ city }}", 0, S).text("{{name}} {x} {{}}", S, S)
    assert placeholders(read_draft(builder.bytes())) == ("name", "city")


def test_a_placeholder_is_replaced_in_its_style_and_the_others_move() -> None:
    text = "😀 Dear {{name}}!"
    red, blue = solid(1, 0, 0), solid(0, 0, 1)
    styles = [
        {"range": [0, 8], "size": 10, "fill": red},
        {"range": [8, 16], "size": 20, "fill": blue},
        {"range": [16, 17], "size": 30, "fill": red},
    ]
    draft = replaced(read_draft(DraftBuilder().text(text, 0, S, styles=styles).bytes()), texts(name="王小明同学一二三"))
    found = caption(draft)
    assert found.text == "😀 Dear 王小明同学一二三!"
    sizes = [
        max((style for style in found.styles if style.start <= at < style.end), key=found.styles.index).size
        for at in range(len(found.text))
    ]
    assert sizes == [10] * 7 + [20] * 8 + [30]


def test_a_whole_caption_is_replaced_by_segment_material_or_name_in_its_first_style() -> None:
    styles = [{"range": [0, 2], "size": 10}, {"range": [2, 5], "size": 20}]
    builder = DraftBuilder().text("Hello", 0, S, styles=styles, material={"name": "title"})
    draft = read_draft(builder.bytes())
    (segment,) = segments_of(draft)
    assert isinstance(segment.material, TextMaterial)
    for name in (segment.id, segment.material.id, "title"):
        found = caption(replaced(draft, texts(**{name: "A longer\r\ntext"})))
        assert found.text == "A longer\ntext"
        assert {(style.start, style.end) for style in found.styles} == {(0, 13)}
        assert found.styles[-1].size == 10
    assert caption(replaced(draft, texts(title=""))).text == ""


def test_words_of_karaoke_move_with_their_text() -> None:
    words = {"text": ["Dear", "{{name}},", "hello"], "start_time": [0, 300, 600], "end_time": [300, 600, 900]}
    builder = DraftBuilder().text("Dear {{name}}, hello", 0, S, material={"ktv_color": "#ff0000", "words": words})
    karaoke = caption(replaced(read_draft(builder.bytes()), texts(name="Al"))).karaoke
    assert karaoke is not None
    assert [(word.start_us, word.end) for word in karaoke.words] == [(0, 4), (300_000, 8), (600_000, 14)]


def test_a_placeholder_without_a_replacement_is_told() -> None:
    draft = read_draft(DraftBuilder().text("{{name}} in {{city}}", 0, S).bytes())
    left = replaced(draft, texts(name="Ann"))
    assert caption(left).text == "Ann in {{city}}"
    (warning,) = left.warnings
    assert warning.code is WarningCode.PLACEHOLDER_LEFT
    assert "{{city}}" in warning.message.en
    assert replaced(draft, ()) is draft


def test_a_file_is_replaced_wherever_it_is_used_and_begins_with_its_first_use() -> None:
    builder = DraftBuilder().video("clip.mp4", 0, S, source_start_us=5 * S)
    clip = builder.last["material_id"]
    builder.video("unused.mp4", S, S, source_start_us=8 * S).last["material_id"] = clip
    draft = read_draft(builder.video("other.mp4", 2 * S, S, source_start_us=S).bytes())
    new = replaced(draft, (Replacement(name="clip.mp4", url="https://cdn.example/new.mp4"),))
    found = [(each.material, each.source) for track in new.tracks for each in track.segments]
    for (material, source), start_us in zip(found[:2], (0, 3 * S), strict=True):
        assert isinstance(material, MediaMaterial)
        assert (material.path, material.remote_url) == ("", "https://cdn.example/new.mp4")
        assert source is not None
        assert source.start_us == start_us
    assert found[2] == (draft.tracks[0].segments[2].material, draft.tracks[0].segments[2].source)


def test_captions_and_files_of_compound_clips_are_replaced_too() -> None:
    inner = DraftBuilder().text("{{name}}", 0, S).photo("logo.png", 0, S).content()
    builder = DraftBuilder()
    compound = builder.material("drafts", type="combination", draft=inner)
    builder.photo("red.png", 0, S).last["extra_material_refs"].append(compound)
    draft = read_draft(builder.bytes())
    new = replaced(draft, in_order([*texts(name="Ann"), Replacement(name="logo.png", url="https://cdn.example/l.png")]))
    assert caption(new).text == "Ann"
    assert "https://cdn.example/l.png" in {
        each.material.remote_url for each in segments_of(new) if isinstance(each.material, MediaMaterial)
    }


def test_equal_replacements_are_one_variant_in_any_order() -> None:
    one = replacements_of([{"name": "b", "text": "2"}, {"name": "a", "text": "1"}])
    other = replacements_of([{"name": "a", "text": "1"}, {"name": "b", "text": "2"}])
    assert variant_key(STANDARD_OUTPUT, one) == variant_key(STANDARD_OUTPUT, other)
    assert len({variant_key(STANDARD_OUTPUT, each) for each in (one, one[:1], ())}) == 3
    assert variant_key(STANDARD_OUTPUT, ()) == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([{"name": "a"}], "either text or url"),
        ([{"name": "a", "text": "1", "url": "https://x.example/a"}], "either text or url"),
        ([{"name": "a", "text": "1"}, {"name": "a", "text": "2"}], "twice"),
        ([{"name": "", "text": "1"}], "1 to 200 characters"),
        ([{"name": "a", "text": "x" * 5001}], "5000 characters"),
        ([{"name": "a", "url": "file:///etc/passwd"}], "http:// or https://"),
        ([{"name": str(number), "text": ""} for number in range(201)], "200 entries"),
        ([{"name": str(number), "text": "长" * 4000} for number in range(10)], "65536 bytes"),
    ],
)
def test_replacements_that_cannot_be_are_refused(values: list[dict[str, str]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        check_replacements(replacements_of(values))
    assert refused.value.path == ("replace",)
