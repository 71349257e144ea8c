"""Sounds of the timeline, from audible segments. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from services.drafts.curves import Property
from services.drafts.fields import MAX_LABEL_LENGTH
from services.drafts.records import Draft, MediaMaterial, Segment, Track, TrackKind
from services.errors import Bilingual, DraftWarning, WarningCode
from services.render.media.channels import placed
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.timeline.prepared import Prepared
from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import US, Sound, time_of
from services.render.timeline.transitions import TrackTransitions

SHORTEST_SOUND_US = 5_000
"""Shorter sounds are a click at most, and ffmpeg 5.1 miscounts samples when it mixes nothing else."""

WARP_STEP_US, MOST_WARP_STEPS, WARP_OFF_US = 10_000, 4096, 5_000
"""A speed curve is looked at in steps of this length, up to so many, and its pieces are off it by at most so many µs of
the source.
"""
LOUDNESS_STEPS = 256
"""Lines that stand for the loudness of a sound that is played in pieces."""

LEAST_LOST_US = 100_000
"""Smallest reported loss of a segment's sound: cuts and ends of files lose less, which is no more than a click."""


def is_audible(draft: Draft, track: Track, segment: Segment) -> bool:
    """Whether a segment's sound is played. A disabled segment is mute, as in the apps; one on a hidden track is
    audible: tracks have a mute switch of their own.
    """
    muted = track.muted or not segment.visible or (draft.video_muted and track.kind is TrackKind.VIDEO)
    curve = segment.curve(Property.VOLUME)
    loudest = curve.most() if curve else segment.volume
    audible = loudest > 0 and segment.target.duration_us >= SHORTEST_SOUND_US
    return not muted and track.kind in (TrackKind.VIDEO, TrackKind.AUDIO) and audible


def sound(segment: Segment, track: SoundTrack, transitions: TrackTransitions, rate: Fraction) -> Sound:
    """The segment's sound. Under its transitions it is heard at full volume, as the other segment's is: measured on the
    apps' exports, where two tones in phase rise by 6 dB.
    """
    incoming, outgoing = transitions.incoming(segment), transitions.outgoing(segment)
    start_us, end_us = segment.target.start_us, segment.target.end_us
    if incoming:
        start_us = min(start_us, round(time_of(incoming.span.start, rate)))
    if outgoing:
        end_us = max(end_us, round(time_of(outgoing.span.end, rate)))
    source_us = segment.source.start_us if segment.source else 0
    if not segment.reverse:  # before the material's beginning is silence
        start_us = max(start_us, segment.target.start_us - round(source_us / segment.speed))
    duration_us = end_us - start_us
    early_us, late_us = segment.target.start_us - start_us, end_us - segment.target.end_us
    curve = segment.curve(Property.VOLUME)
    return Sound(
        segment_id=segment.id,
        track=track,
        start_us=start_us,
        duration_us=duration_us,
        source_us=max(0, source_us - round((late_us if segment.reverse else early_us) * segment.speed)),
        speed=segment.speed,
        keep_pitch=segment.keep_pitch,
        reverse=segment.reverse,
        volume=segment.volume,
        curve=tuple((at_us + early_us, max(0.0, value)) for at_us, value in curve.lines()) if curve else (),
        fade_in_us=min(segment.fade_in_us, duration_us),
        fade_out_us=min(segment.fade_out_us, duration_us),
    )


def warped(sound: Sound, segment: Segment) -> tuple[Sound, ...]:
    """The sound in pieces of constant speed, where the segment's speed follows a curve; its onsets are exact to
    `WARP_OFF_US`.
    """
    if segment.warp is None:
        return (sound,)
    warp = segment.warp.later(segment.target.start_us)
    steps = min(MOST_WARP_STEPS, 1 + sound.duration_us // WARP_STEP_US)
    times = [sound.start_us + sound.duration_us * step // steps for step in range(steps + 1)]
    ramp = Ramp.through([warp.source_us(time_us) for time_us in times], WARP_OFF_US)
    places = [(times[step], source_us) for step, source_us in ramp.points]
    return tuple(_piece(sound, one, other) for one, other in pairwise(places))


def _piece(sound: Sound, one: tuple[int, float], other: tuple[int, float]) -> Sound:
    """A piece of a sound between two (time, source time) in µs."""
    passed_us, length_us = one[0] - sound.start_us, other[0] - one[0]
    return replace(
        sound,
        start_us=one[0],
        duration_us=length_us,
        source_us=max(0, round(one[1])),
        speed=(other[1] - one[1]) / length_us,
        curve=tuple((time_us - passed_us, value) for time_us, value in _loudness(sound)),
        fade_in_us=0,
        fade_out_us=0,
    )


def _loudness(sound: Sound) -> tuple[tuple[int, float], ...]:
    """The sound's volume with its fades, as lines."""
    if not (sound.curve or sound.fade_in_us or sound.fade_out_us):
        return ()
    volume = Ramp(sound.curve or ((0, sound.volume),))
    inside = {time_us for time_us, _ in sound.curve if 0 < time_us < sound.duration_us}
    steps = {sound.duration_us * step // LOUDNESS_STEPS for step in range(LOUDNESS_STEPS + 1)}
    coming, leaving = max(1, sound.fade_in_us), max(1, sound.fade_out_us)
    return tuple(
        (time_us, volume.at(time_us) * min(1.0, time_us / coming) * min(1.0, (sound.duration_us - time_us) / leaving))
        for time_us in sorted(inside | steps)
    )


def source_span(segment: Segment) -> tuple[float, float]:
    """The played range of a segment's file, in µs."""
    start_us = segment.source.start_us if segment.source else 0
    return start_us, start_us + segment.target.duration_us * segment.speed


def sound_warnings(segment: Segment, prepared: Prepared) -> Iterator[DraftWarning]:
    """Warnings about sound of a segment that is not played."""
    material, track = segment.material, prepared.track(segment)
    if not isinstance(material, MediaMaterial):
        return
    lost = prepared.lost.get(material)
    if lost:
        yield _warning(
            WarningCode.MATERIAL_MISSING,
            f"A sound track of the material cannot be played: {lost.en}. Convert it to AAC, MP3 or WAV.",
            f"素材的一条音轨无法播放：{lost.zh}。请将其转换为 AAC、MP3 或 WAV。",
            segment,
            material,
        )
    start_us, end_us = source_span(segment)
    picture = prepared.visual(segment)
    if isinstance(picture, Footage):  # its end is covered by MATERIAL_FROZEN
        end_us = min(end_us, picture.end_us)
    decoded = prepared.decoded.get(material)
    lost_us = decoded.lost_us(start_us, end_us) if decoded and start_us < end_us else 0
    if lost_us and lost_us >= min(LEAST_LOST_US, end_us - start_us):
        seconds = f"{lost_us / US:.2f}"
        yield _warning(
            WarningCode.MATERIAL_MISSING,
            f"{seconds} s of the material's sound are not played here: the sound is missing, too short, or damaged."
            " Shorten the segment or replace the file.",
            f"素材的声音有 {seconds} 秒未播放：该处没有声音、声音已结束或已损坏。请缩短片段或更换文件。",
            segment,
            material,
        )
    if track and not placed(track.layout):
        count = len(track.layout)
        yield _warning(
            WarningCode.EFFECT_APPROXIMATED,
            f"The material's sound has {count} channels in unknown order; the first two are played. Mix it to stereo.",
            f"素材的声音有 {count} 个声道且排列未知，仅播放前两个声道。请将其混为立体声。",
            segment,
            material,
        )


def _warning(code: WarningCode, en: str, zh: str, segment: Segment, material: MediaMaterial) -> DraftWarning:
    name = (material.name or material.path)[:MAX_LABEL_LENGTH]
    return DraftWarning(code=code, message=Bilingual(en, zh), segment_id=segment.id, material_name=name)
