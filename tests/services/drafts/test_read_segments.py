from typing import Any

import numpy as np
import pytest

from services.drafts.curves import Property
from services.drafts.design import EffectKind
from services.drafts.read.draft import read_draft
from services.drafts.records import CompoundMaterial, Draft, MediaKind, MediaMaterial, Segment, TextMaterial, TimeRange
from services.errors import DraftWarning, ErrorCode, Failed, Failure, WarningCode
from tests.support.drafts import DraftBuilder, Json

SECOND = 1_000_000


def read(builder: DraftBuilder) -> Draft:
    return read_draft(builder.bytes())


def refused(builder: DraftBuilder) -> Failure:
    with pytest.raises(Failed) as caught:
        read(builder)
    return caught.value.failure


def one_segment(builder: DraftBuilder) -> Segment:
    ((segment,),) = (track.segments for track in read(builder).tracks)
    return segment


def codes(warnings: tuple[DraftWarning, ...]) -> list[WarningCode]:
    return [warning.code for warning in warnings]


def clip(**options: Any) -> DraftBuilder:
    return DraftBuilder().video("a.mp4", 0, SECOND, **options)


def test_every_form_of_path_is_kept_as_it_stands() -> None:
    paths = [
        "C:\\Users\\me\\a.mp4",
        "/app/output/draft/2026/assets/videos/a.mp4",
        "assets/video/a.mp4",
        "https://example.org/a.mp4?x=1",
        "##_draftpath_placeholder_0E685133-18CE-45ED-8CB8-2904A212EC80_##/Resources/a.mp4",
    ]
    builder = DraftBuilder()
    for at, path in enumerate(paths):
        builder.video(path, at * SECOND, SECOND)
    materials = [segment.material for segment in read(builder).tracks[0].segments]
    assert [material.path for material in materials if isinstance(material, MediaMaterial)] == paths


@pytest.mark.parametrize("kind", ["video", "photo", "gif"])
def test_a_material_has_the_kind_of_its_file(kind: str) -> None:
    material = one_segment(clip(kind=kind)).material
    assert isinstance(material, MediaMaterial)
    assert material.kind is MediaKind(kind)


def test_a_video_on_an_audio_track_is_a_sound() -> None:
    builder = DraftBuilder().audio("a.mp3", 0, SECOND)
    builder.last["material_id"] = builder.material("videos", type="video", path="b.mp4")
    material = one_segment(builder).material
    assert isinstance(material, MediaMaterial)
    assert (material.kind, material.path) == (MediaKind.AUDIO, "b.mp4")


def test_ids_that_two_buckets_share_mean_the_bucket_of_the_track() -> None:
    builder = DraftBuilder().audio("song.mp3", 0, SECOND)
    shared = builder.last["material_id"]
    builder.draft["materials"]["videos"].append({"id": shared, "type": "video", "path": "clip.mp4"})
    material = one_segment(builder).material
    assert isinstance(material, MediaMaterial)
    assert material.path == "song.mp3"


def test_an_empty_material_id_names_no_material() -> None:
    builder = clip().video("b.mp4", SECOND, SECOND, material_id="")
    builder.draft["materials"]["videos"].append({"id": "", "type": "video", "path": "c.mp4"})
    draft = read(builder)
    assert len(draft.tracks[0].segments) == 1
    assert codes(draft.warnings) == [WarningCode.MATERIAL_MISSING]


def test_a_turned_crop_is_its_box_and_told() -> None:
    corners = {
        "upper_left_x": 0.5, "upper_left_y": 0.1, "upper_right_x": 0.9, "upper_right_y": 0.5,
        "lower_left_x": 0.1, "lower_left_y": 0.5, "lower_right_x": 0.5, "lower_right_y": 0.9,
    }  # fmt: skip
    draft = read(clip(crop=corners))
    material = draft.tracks[0].segments[0].material
    assert isinstance(material, MediaMaterial)
    crop = material.crop
    assert (crop.left, crop.top, crop.right, crop.bottom) == (0.1, 0.1, 0.9, 0.9)
    assert codes(draft.warnings) == [WarningCode.EFFECT_APPROXIMATED]


def test_the_segments_speed_wins_over_its_ranges() -> None:
    ranges = {"source_timerange": {"start": 0, "duration": 4 * SECOND}}
    assert one_segment(clip(speed=1.5, **ranges)).speed == 1.5
    assert one_segment(clip(speed=0, **ranges)).speed == 4.0


def test_a_curve_speed_is_its_mean_and_told() -> None:
    builder = clip(source_timerange={"start": 0, "duration": 3 * SECOND})
    draft = read(builder.using("speeds", mode=1, speed=1.0, curve_speed={"speed_points": []}))
    assert draft.tracks[0].segments[0].speed == 3.0
    assert codes(draft.warnings) == [WarningCode.EFFECT_APPROXIMATED]


def curved(*points: tuple[float, float], **options: Any) -> Draft:
    """A clip of a second, from the third to the fifth second of its source, at a curve of speed."""
    builder = clip(source_timerange={"start": 2 * SECOND, "duration": 2 * SECOND}, **options)
    listed = [{"x": x, "y": y} for x, y in points]
    return read(builder.using("speeds", mode=1, speed=1.0, curve_speed={"speed_points": listed}))


def test_a_curve_of_speed_is_followed_through_its_points_and_plays_the_whole_source() -> None:
    """From 1 to 3 evenly, t + t^2 of the source has passed."""
    draft = curved((0, 1), (0.5, 2), (1, 3))
    (segment,) = draft.tracks[0].segments
    assert segment.warp is not None
    for part in (0, 0.25, 0.5, 0.75, 1):
        passed_us = (part + part**2) * SECOND
        assert segment.warp.source_us(part * SECOND) == pytest.approx(2 * SECOND + passed_us, abs=200)
        assert segment.warp.time_us(2 * SECOND + passed_us) == pytest.approx(part * SECOND, abs=200)
    assert (segment.speed, draft.warnings) == (2.0, ())


def test_a_curve_of_speed_goes_no_further_than_its_points() -> None:
    """Between two equal points the speed stays: the curve does not swing over."""
    draft = curved((0, 0.5), (0.25, 0.5), (0.5, 5), (0.75, 5), (1, 0.5))
    warp = draft.tracks[0].segments[0].warp
    assert warp is not None
    speeds = [
        (warp.source_us(part * SECOND / 100 + 1000) - warp.source_us(part * SECOND / 100)) / 1000 for part in range(99)
    ]
    assert max(speeds) == pytest.approx(10 * min(speeds), rel=0.01)
    assert max(speeds[:25]) == pytest.approx(min(speeds), rel=0.01)
    assert max(speeds[50:75]) == pytest.approx(max(speeds), rel=0.01)


def test_a_curve_of_speed_is_exact_to_a_fraction_of_a_frame_at_steep_corners() -> None:
    """A minute whose speed falls from 10 to 0.1 within 0.6 s and rises in 0.3 s: smooth steps between level stretches,
    whose sum of thin slices is what has passed.
    """
    speeds = [(0.0, 10.0), (0.3, 10.0), (0.31, 0.1), (0.7, 0.1), (0.705, 10.0), (1.0, 10.0)]
    builder = DraftBuilder().video("a.mp4", 0, 60 * SECOND, source_timerange={"start": 0, "duration": 180 * SECOND})
    listed = [{"x": x, "y": y} for x, y in speeds]
    (segment,) = read(builder.using("speeds", mode=1, curve_speed={"speed_points": listed})).tracks[0].segments
    assert segment.warp is not None
    parts = (np.arange(60_000) + 0.5) / 60_000
    steps = np.interp(parts, [x for x, _ in speeds], range(len(speeds)))
    within = steps % 1
    smooth = np.floor(steps) + within**2 * (3 - 2 * within)
    passed = np.cumsum(np.interp(smooth, range(len(speeds)), [y for _, y in speeds]))
    for at in range(99, 60_000, 100):
        expected_us = passed[at] / passed[-1] * 180 * SECOND
        assert segment.warp.source_us((at + 1) * 1000) == pytest.approx(expected_us, abs=6000)


def test_points_of_speed_within_a_microsecond_are_one() -> None:
    warp = curved((0, 1), (0.2, 1), (0.2 + 1e-7, 10), (0.2 + 2e-7, 1), (1, 1)).tracks[0].segments[0].warp
    assert warp is not None
    for times in zip(*warp.points, strict=True):
        assert sorted(set(times)) == list(times)


def test_keyframes_of_a_curve_of_speed_are_reached_when_their_source_time_is() -> None:
    points = [{"time_offset": round(time * SECOND), "values": [value]} for time, value in ((2, 0), (2.75, 1))]
    lists = [{"property_type": "KFTypeAlpha", "keyframe_list": points}]
    segment = curved((0, 1), (1, 3), common_keyframes=lists).tracks[0].segments[0]
    assert segment.curves[0].points[-1].offset_us == pytest.approx(SECOND / 2, abs=200)


@pytest.mark.parametrize("points", [(), ((0.5, 2),)])
def test_a_curve_of_speed_without_points_is_its_mean_and_told(points: tuple[tuple[float, float], ...]) -> None:
    draft = curved(*points)
    assert draft.tracks[0].segments[0].warp is None
    assert codes(draft.warnings) == [WarningCode.EFFECT_APPROXIMATED]


@pytest.mark.parametrize(("written", "meant"), [(-1, 0.0), (0.6, 0.6), (10, 10.0), (500, 10.0)])
def test_volume_is_kept_within_what_the_apps_offer(written: float, meant: float) -> None:
    builder = clip().audio("a.mp3", 0, SECOND, volume=written)
    assert read(builder).tracks[1].segments[0].volume == meant


def test_pitch_is_kept_unless_the_tone_follows_the_speed() -> None:
    assert one_segment(clip()).keep_pitch
    assert not one_segment(clip(is_tone_modify=True)).keep_pitch


@pytest.mark.parametrize("switch", ["intensifies_audio", "cartoon"])
def test_what_a_segment_s_own_switches_ask_for_is_told(switch: str) -> None:
    assert codes(read(clip(**{switch: True})).warnings) == [WarningCode.EFFECT_SKIPPED]
    assert read(clip(**{switch: False})).warnings == ()


def test_a_clip_is_read_whole() -> None:
    place = {
        "alpha": 0.5,
        "rotation": 450.0,
        "transform": {"x": -0.5, "y": 0.25},
        "flip": {"horizontal": True, "vertical": False},
    }
    read_clip = one_segment(clip(clip=place)).clip
    assert (read_clip.alpha, read_clip.rotation_deg) == (0.5, 90.0)
    assert (read_clip.x, read_clip.y) == (-0.5, 0.25)
    assert (read_clip.flip_horizontal, read_clip.flip_vertical) == (True, False)


def test_an_empty_flip_does_not_flip_and_no_uniform_scale_keeps_both_scales() -> None:
    builder = clip(clip={"scale": {"x": 2.0, "y": 0.5}})
    builder.last["clip"]["flip"] = {}
    del builder.last["uniform_scale"]
    found = one_segment(builder).clip
    assert (found.flip_horizontal, found.flip_vertical) == (False, False)
    assert (found.scale_x, found.scale_y) == (2.0, 0.5)


def test_a_caption_without_a_place_in_the_stack_is_above_pictures() -> None:
    builder = clip(render_index=7).text("字", 0, SECOND)
    del builder.last["render_index"]
    video, text = read(builder).tracks
    assert text.segments[0].render_index > video.segments[0].render_index


def test_odd_canvases_are_made_even() -> None:
    draft = read(DraftBuilder(width=1, height=1013).video("a.mp4", 0, SECOND))
    assert (draft.width, draft.height) == (2, 1014)


@pytest.mark.parametrize("fps", ["30", [], {}, True, float("inf"), 1e9, 10**400, 0.01])
def test_a_frame_rate_that_is_none_is_refused(fps: Any) -> None:
    failure = refused(DraftBuilder(fps=fps).video("a.mp4", 0, SECOND))
    assert failure.code is ErrorCode.DRAFT_INVALID
    assert "fps" in failure.message.en


def test_a_frame_rate_of_null_is_the_usual_one() -> None:
    builder = clip()
    builder.draft["fps"] = None
    assert read(builder).fps == 30.0


@pytest.mark.parametrize("side", ["1080", None, -5, 0.2, [1080], 10**400, float("nan")])
def test_a_canvas_without_a_size_is_refused_with_what_stands_there(side: Any) -> None:
    failure = refused(DraftBuilder(width=side).video("a.mp4", 0, SECOND))
    assert failure.code is ErrorCode.DRAFT_INVALID
    assert "canvas" in failure.message.en


def test_the_length_counts_segments_that_are_not_drawn() -> None:
    builder = clip()
    sticker = builder.material("stickers", name="星星", resource_id="s1")
    builder.track("sticker", "stickers")["segments"].append(
        {"id": "st", "material_id": sticker, "target_timerange": {"start": SECOND, "duration": 2 * SECOND}}
    )
    assert read(builder).duration_us == 3 * SECOND


@pytest.mark.parametrize("name", ["target_timerange", "source_timerange"])
@pytest.mark.parametrize("times", [{"start": -1, "duration": 5}, {"start": 0, "duration": -5}])
def test_a_negative_time_is_refused_with_its_segment(name: str, times: dict[str, int]) -> None:
    builder = clip(**{name: times})
    failure = refused(builder)
    assert (failure.code, failure.segment_id) == (ErrorCode.DRAFT_INVALID, builder.last["id"])
    assert name in failure.message.en


def test_a_segment_without_length_is_told_and_left_out() -> None:
    draft = read(clip().video("b.mp4", SECOND, 0))
    assert len(draft.tracks[0].segments) == 1
    assert codes(draft.warnings) == [WarningCode.SEGMENT_SKIPPED]


def test_an_overlap_of_a_frame_is_refused_and_of_less_is_not() -> None:
    frame_us = 40_000
    within = DraftBuilder(fps=25).video("a.mp4", 0, SECOND + frame_us - 1).video("b.mp4", SECOND, SECOND)
    beyond = DraftBuilder(fps=25).video("a.mp4", 0, SECOND + frame_us).video("b.mp4", SECOND, SECOND)
    assert len(read(within).tracks[0].segments) == 2
    assert refused(beyond).code is ErrorCode.DRAFT_INVALID


def test_a_transition_allows_no_longer_overlap_than_it_lasts() -> None:
    builder = DraftBuilder().video("a.mp4", 0, 2 * SECOND).using("transitions", name="叠化", duration=SECOND)
    builder.video("b.mp4", SECOND, 2 * SECOND)
    assert len(read(builder).tracks[0].segments) == 2
    builder.draft["materials"]["transitions"][0]["duration"] = SECOND // 2
    failure = refused(builder)
    assert (failure.code, failure.segment_id) == (ErrorCode.DRAFT_INVALID, builder.last["id"])


def test_a_segment_that_is_switched_off_may_lie_under_another_and_is_not_told_of() -> None:
    builder = clip().video("b.mp4", 0, SECOND, visible=False, reverse=True).using("masks", name="圆形")
    draft = read(builder)
    assert [segment.visible for segment in draft.tracks[0].segments] == [True, False]
    assert draft.warnings == ()


SWITCHED: list[tuple[str, str, Json]] = [
    ("enable_adjust", "effects", {"type": "brightness", "value": 0.5}),
    ("enable_adjust", "effects", {"type": "exposure", "value": 0.5}),
    ("enable_lut", "effects", {"type": "lut", "value": 1.0, "path": "a.cube"}),
    ("enable_video_mask", "masks", {"name": "圆形", "resource_type": "circle"}),
    ("enable_video_mask", "common_mask", {"name": "圆形", "resource_type": "circle"}),
    ("enable_hsl", "hsl", {"hue": 0.5}),
    ("enable_color_curves", "color_curves", {"name": "曲线"}),
    ("enable_hsl_curves", "hsl_curves", {"name": "曲线"}),
    ("enable_color_wheels", "primary_color_wheels", {"name": "色轮"}),
    ("enable_color_wheels", "log_color_wheels", {"name": "色轮"}),
]


@pytest.mark.parametrize(("switch", "bucket", "material"), SWITCHED)
def test_what_a_segment_switches_off_is_neither_drawn_nor_told(switch: str, bucket: str, material: Json) -> None:
    def looked(**switches: bool) -> tuple[object, ...]:
        draft = read(clip(**switches).using(bucket, **material))
        (segment,) = draft.tracks[0].segments
        return segment.effects, segment.mask, codes(draft.warnings)

    nothing: tuple[object, ...] = ((), None, [])
    assert looked(**{switch: False}) == nothing
    assert looked(**{switch: True}) == looked() != nothing


def test_a_switch_of_adjustments_spares_filters_and_stops_their_keyframes() -> None:
    points = [{"time_offset": at, "values": [at / SECOND]} for at in (0, SECOND)]
    moved = [{"property_type": f"KFType{name}", "keyframe_list": points} for name in ("Brightness", "Alpha")]
    builder = clip(enable_adjust=False, enable_lut=False, common_keyframes=moved)
    (segment,) = read(builder.using("effects", type="filter", name="黑白")).tracks[0].segments
    assert [effect.kind for effect in segment.effects] == [EffectKind.BLACK_WHITE]
    assert [curve.property for curve in segment.curves] == [Property.ALPHA]


@pytest.mark.parametrize(
    "builder",
    [
        clip(visible=False),
        DraftBuilder().text("字", 0, SECOND, visible=False),
        DraftBuilder().audio("a.mp3", 0, SECOND, volume=0),
        DraftBuilder().segment("effect", "e", "", 0, SECOND),
        DraftBuilder().segment("sticker", "s", "", 0, SECOND),
    ],
)
def test_a_draft_that_shows_and_sounds_nothing_is_empty(builder: DraftBuilder) -> None:
    assert refused(builder).code is ErrorCode.DRAFT_EMPTY


def test_a_hidden_caption_or_a_muted_song_alone_is_empty() -> None:
    hidden, muted = DraftBuilder().text("字", 0, SECOND), DraftBuilder().audio("a.mp3", 0, SECOND)
    hidden.track("text", "text", attribute=2)
    muted.track("audio", "audio", attribute=1)
    assert refused(hidden).code is ErrorCode.DRAFT_EMPTY
    assert refused(muted).code is ErrorCode.DRAFT_EMPTY


@pytest.mark.parametrize("bucket", ["audio_effects", "vocal_beautifys", "color_curves", "video_strokes"])
def test_what_is_attached_and_not_drawn_is_told_with_its_name(bucket: str) -> None:
    builder = clip().using(bucket, name="某某", effect_id="42", duration=10)
    (told,) = read(builder).warnings
    assert (told.code, told.segment_id) == (WarningCode.EFFECT_SKIPPED, builder.last["id"])
    assert (told.material_name, told.effect_id) == ("某某", "42")
    assert told.message.en
    assert told.message.zh


@pytest.mark.parametrize(
    ("bucket", "off", "on"),
    [
        ("vocal_separations", {"choice": 0}, {"choice": 1}),
        ("realtime_denoises", {"is_denoise": False}, {"is_denoise": True}),
        ("loudnesses", {"enable": False}, {"enable": True}),
        ("sound_channel_mappings", {"audio_channel_mapping": 0, "type": "none"}, {"audio_channel_mapping": 2}),
        ("hsl", {"hue": 0.0, "saturation": 0}, {"hue": 0.0, "saturation": 0.3}),
        ("speeds", {"mode": 0, "curve_speed": None}, {"mode": 1}),
    ],
)
def test_what_the_apps_attach_to_everything_is_told_when_it_is_switched_on(
    bucket: str, off: dict[str, Any], on: dict[str, Any]
) -> None:
    assert read(clip().using(bucket, **off)).warnings == ()
    assert len(read(clip().using(bucket, **on)).warnings) == 1


@pytest.mark.parametrize(
    "part",
    [
        {"matting": {"flag": 1}},
        {"stable": {"stable_level": 1}},
        {"video_algorithm": {"noise_reduction": {"level": 1}}},
        {"video_algorithm": {"motion_blur_config": {"intensity": 1}}},
    ],
)
def test_what_is_computed_from_a_video_beforehand_is_told(part: dict[str, Any]) -> None:
    builder = clip()
    builder.draft["materials"]["videos"][0].update(matting={"flag": 0}, stable={"stable_level": 0}, video_algorithm={})
    assert read(builder).warnings == ()
    builder.draft["materials"]["videos"][0].update(part)
    assert codes(read(builder).warnings) == [WarningCode.EFFECT_SKIPPED]


def test_two_different_things_of_one_segment_are_both_told_and_the_same_one_once() -> None:
    builder = clip().using("chromas", color="green").using("masks", resource_id="m").using("audio_effects", name="a")
    builder.last["extra_material_refs"] *= 3
    assert len(read(builder).warnings) == 3


def test_a_clip_that_runs_backwards_is_drawn_so() -> None:
    draft = read(clip(reverse=True))
    assert draft.tracks[0].segments[0].reverse
    assert draft.warnings == ()


def test_unknown_extra_materials_are_passed_over() -> None:
    builder = clip(extra_material_refs=["nowhere", 5, None]).using("placeholder_infos", type="placeholder_info")
    assert read(builder).warnings == ()


@pytest.mark.parametrize("kind", ["hologram", ""])
def test_segments_of_unknown_tracks_are_skipped_and_told_unless_they_are_hidden(kind: str) -> None:
    builder = clip()
    builder.track(kind, "other")["segments"].append({"id": "x", "target_timerange": {"start": 0, "duration": 5}})
    draft = read(builder)
    assert len(draft.tracks) == 1
    assert [(told.code, told.segment_id) for told in draft.warnings] == [(WarningCode.SEGMENT_SKIPPED, "x")]
    builder.track(kind, "other", attribute=2)
    assert read(builder).warnings == ()


def test_a_material_of_the_wrong_kind_is_skipped_and_told() -> None:
    builder = clip().video("b.mp4", SECOND, SECOND)
    builder.last["material_id"] = builder.material("texts", content="字")
    assert codes(read(builder).warnings) == [WarningCode.SEGMENT_SKIPPED]


def test_a_text_template_is_its_texts_at_their_places_and_times() -> None:
    builder = DraftBuilder(200, 100).text("字", 2 * SECOND, 3 * SECOND)
    places: list[Json] = [
        {"clip": {"transform": {"x": 0.5, "y": -0.25}, "scale": {"x": 0.5, "y": 0.5}}, "start_time": 0},
        {"clip": {}, "start_time": SECOND, "duration": SECOND},
    ]
    fade = builder.material("material_animations", animations=[{"type": "in", "name": "渐显", "duration": 500_000}])
    resources = [
        {
            "text_material_id": builder.material("texts", content=text), "attach_info": place,
            "order_in_layer": -number, "extra_material_refs": [fade] if number else [],
        }
        for number, (text, place) in enumerate(zip(("上", "下"), places, strict=True))
    ]  # fmt: skip
    builder.last["material_id"] = builder.material("text_templates", name="模板", text_info_resources=resources)
    draft = read(builder)
    material = draft.tracks[0].segments[0].material
    assert isinstance(material, CompoundMaterial)
    assert (material.draft.width, material.draft.height, material.draft.duration_us) == (200, 100, 3 * SECOND)
    lower, upper = (track.segments[0] for track in material.draft.tracks)
    assert [each.material.text for each in (lower, upper) if isinstance(each.material, TextMaterial)] == ["下", "上"]
    assert (upper.clip.x, upper.clip.y, upper.clip.scale_x) == (0.5, -0.25, 0.5)
    assert (lower.target, upper.target) == (TimeRange(SECOND, SECOND), TimeRange(0, 3 * SECOND))
    assert [each.duration_us for each in lower.animations] == [500_000]
    assert codes(draft.warnings) == [WarningCode.EFFECT_SKIPPED]


def test_a_text_template_of_one_text_in_the_middle_is_a_caption() -> None:
    builder = DraftBuilder().text("字", 0, SECOND)
    text = builder.last["material_id"]
    builder.last["material_id"] = builder.material(
        "text_templates", name="模板", effect_id="9", text_info_resources=[{"text_material_id": text}]
    )
    draft = read(builder)
    material = draft.tracks[0].segments[0].material
    assert isinstance(material, TextMaterial)
    assert material.text == "字"
    assert [(told.code, told.material_name) for told in draft.warnings] == [(WarningCode.EFFECT_SKIPPED, "模板")]
