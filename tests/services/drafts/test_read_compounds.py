from typing import Any

import pytest

from services.drafts.fidelity import fidelity
from services.drafts.places import locator
from services.drafts.read.context import MAX_SEGMENTS
from services.drafts.read.draft import read_draft
from services.drafts.records import CompoundMaterial, Draft, MediaMaterial, Segment, segments_of
from services.errors import Bilingual, DraftWarning, ErrorCode, Failed, WarningCode
from tests.support.drafts import DraftBuilder, Json

SECOND = 1_000_000


def inner(path: str = "inner.mp4", **options: Any) -> DraftBuilder:
    return DraftBuilder(320, 180, fps=25).video(path, 0, SECOND, **options)


def around(*drafts: Json, **options: Any) -> DraftBuilder:
    """A draft that shows other drafts one after the other, as the apps write it."""
    builder = DraftBuilder()
    for at, draft in enumerate(drafts):
        builder.video("", at * SECOND, SECOND, **options)
        builder.using("drafts", type="combination", name=f"复合片段{at}", draft=draft)
    return builder


def read(builder: DraftBuilder) -> Draft:
    return read_draft(builder.bytes())


def compound(segment: Segment) -> CompoundMaterial:
    assert isinstance(segment.material, CompoundMaterial)
    return segment.material


def paths(draft: Draft) -> list[str]:
    return [segment.material.path for segment in segments_of(draft) if isinstance(segment.material, MediaMaterial)]


def test_a_warning_within_a_compound_has_the_time_and_track_of_what_shows_it() -> None:
    draft = read(around(inner(id="one").content(), inner(id="other").content()))
    located = locator(draft)
    for at, segment in enumerate(draft.tracks[0].segments):
        within = compound(segment).draft.tracks[0].segments[0]
        found = located(DraftWarning(code=WarningCode.EFFECT_SKIPPED, message=Bilingual("", ""), segment_id=within.id))
        assert (found.start_us, found.end_us, found.track) == (at * SECOND, (at + 1) * SECOND, "video 1")
    nowhere = DraftWarning(code=WarningCode.FIELD_UNKNOWN, message=Bilingual("", ""))
    assert located(nowhere) == nowhere


def test_a_warning_has_the_time_of_the_transition_or_animation_that_it_names() -> None:
    builder = DraftBuilder().photo("one.png", 0, 3 * SECOND)
    builder.using("transitions", type="transition", name="no such", duration=SECOND, is_overlap=True)
    draft = read(builder.photo("two.png", 3 * SECOND, SECOND))
    located = locator(draft)
    (warning,) = map(located, draft.warnings)
    assert (warning.start_us, warning.end_us, warning.track) == (2.5 * SECOND, 3.5 * SECOND, "video 1")
    of_segment = DraftWarning(code=WarningCode.EFFECT_SKIPPED, message=Bilingual("", ""), segment_id=builder.last["id"])
    assert (located(of_segment).start_us, located(of_segment).end_us) == (3 * SECOND, 4 * SECOND)


def test_a_segment_that_is_not_drawn_has_its_time_and_track_and_is_not_as_designed() -> None:
    builder = DraftBuilder().photo("one.png", 0, 3 * SECOND)
    unknown = builder.material("video_effects", type="video_effect", name="no such", effect_id="1", value=1.0)
    builder.segment("effect", "effects", unknown, SECOND, SECOND)
    draft = read(builder)
    (warning,) = map(locator(draft), draft.warnings)
    assert (warning.code, warning.start_us, warning.end_us, warning.track) == (
        WarningCode.EFFECT_SKIPPED, SECOND, 2 * SECOND, "effect 1",
    )  # fmt: skip
    assert fidelity(draft).designed_us == 2 * SECOND


def test_a_compound_clip_is_a_draft_within_the_draft() -> None:
    draft = read(around(inner().content(), speed=2.0))
    (segment,) = draft.tracks[0].segments
    nested = compound(segment)
    assert (nested.name, nested.draft.width, nested.draft.fps) == ("复合片段0", 320, 25)
    assert nested.draft.duration_us == SECOND
    assert segment.speed == 2.0
    assert paths(draft) == ["inner.mp4"]
    assert draft.warnings == ()


def test_a_compound_clip_may_be_the_material_itself() -> None:
    builder = DraftBuilder().video("", 0, SECOND)
    builder.last["material_id"] = builder.material("drafts", draft=inner().content())
    assert paths(read(builder)) == ["inner.mp4"]


def test_what_a_compound_clip_leaves_out_is_as_in_the_draft_around_it() -> None:
    draft = inner().content()
    del draft["canvas_config"], draft["fps"]
    nested = compound(read(around(draft)).tracks[0].segments[0]).draft
    assert (nested.width, nested.height, nested.fps) == (640, 360, 30)


def test_warnings_of_a_compound_clip_are_kept_once() -> None:
    builder = around(inner().using("effects", type="filter", name="某某", value=1.0).content())
    refs = builder.last["extra_material_refs"]
    builder.video("", SECOND, SECOND, extra_material_refs=refs).video("", 2 * SECOND, SECOND, visible=False)
    draft = read(builder)
    assert [told.material_name for told in draft.warnings] == ["某某"]
    first, second = (compound(segment) for segment in draft.tracks[0].segments[:2])
    assert first == second


def test_a_compound_clip_that_is_switched_off_at_first_is_still_told_of() -> None:
    builder = around(inner().using("effects", type="filter", name="某某", value=1.0).content(), visible=False)
    refs = builder.last["extra_material_refs"]
    builder.video("", SECOND, SECOND, extra_material_refs=refs)
    assert [told.material_name for told in read(builder).warnings] == ["某某"]


def nest(levels: int) -> Json:
    draft = inner().content()
    for _ in range(levels):
        draft = around(draft).content()
    return draft


def test_compound_clips_are_read_three_levels_deep() -> None:
    draft = read(around(nest(2)))
    assert (paths(draft), draft.warnings) == (["inner.mp4"], ())


def test_what_lies_deeper_is_skipped_and_told() -> None:
    draft = read(around(nest(3)).video("seen.mp4", SECOND, SECOND))
    assert paths(draft) == ["seen.mp4"]
    assert {told.code for told in draft.warnings} == {WarningCode.SEGMENT_SKIPPED}
    assert any("3 levels" in told.message.en for told in draft.warnings)


@pytest.mark.parametrize(
    "draft", [None, {}, [], "x", 5, {"tracks": 5}, {"tracks": []}, {"tracks": [], "materials": {}, "fps": -1}]
)
def test_a_compound_clip_that_cannot_be_read_is_skipped_and_told(draft: Any) -> None:
    builder = around(draft).video("seen.mp4", SECOND, SECOND)
    read_draft_ = read(builder)
    assert paths(read_draft_) == ["seen.mp4"]
    skipped = [told for told in read_draft_.warnings if told.code is WarningCode.SEGMENT_SKIPPED]
    assert [(told.material_name, bool(told.message.zh)) for told in skipped] == [("复合片段0", True)]


@pytest.mark.slow
def test_the_segments_of_all_levels_are_counted() -> None:
    many = inner()
    for at in range(1, MAX_SEGMENTS // 2):
        many.video("a.mp4", at * SECOND, SECOND)
    assert len(list(segments_of(read(around(many.content()))))) == MAX_SEGMENTS // 2 + 1
    with pytest.raises(Failed) as caught:
        read(around(many.content(), many.content()))
    assert caught.value.failure.code is ErrorCode.DRAFT_TOO_LARGE


def test_a_sound_may_be_a_compound_clip() -> None:
    builder = DraftBuilder().audio("", 0, SECOND)
    builder.using("drafts", draft=DraftBuilder().audio("a.mp3", 0, SECOND).content())
    assert paths(read(builder)) == ["a.mp3"]


def test_a_compound_clip_is_designed_like_any_other() -> None:
    builder = around(inner().content()).using("masks", name="圆形").using("effects", type="mix_mode", name="滤色")
    segment = read(builder).tracks[0].segments[0]
    assert segment.mask is not None
    assert segment.blend == "screen"
