"""How well the end of an export is foretold."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from services.store.records import Stage, StageProgress, Unit
from services.worker.eta import Eta

BEGAN_MS = 1_700_000_000_000
FRAMES = 3000.0
LINE_MS = 100


def exporting(done: float | None, total: float | None = FRAMES) -> StageProgress:
    return StageProgress(stage=Stage.EXPORTING, started_at_ms=BEGAN_MS, done=done, total=total, unit=Unit.FRAMES)


@dataclass(frozen=True)
class Estimate:
    """An estimate, and when it was made."""

    now_ms: int
    end_ms: int | None


def estimated(speed: Callable[[float], float], *, writing: float = 0.03, lump: float = 1) -> tuple[list[Estimate], int]:
    """All estimates of a render, and when it really was done.

    `speed` is in frames a second, of the part that is done; the file takes `writing` of the export's time, and the
    counts come in lumps of so many frames.
    """
    eta, done, now_ms = Eta(), 0.0, BEGAN_MS
    estimates: list[Estimate] = []
    while done < FRAMES:
        done = min(FRAMES, done + speed(done / FRAMES) * LINE_MS / 1000)
        now_ms += LINE_MS
        shown = done // lump * lump if done < FRAMES else done
        estimates.append(Estimate(now_ms, eta.end_ms(exporting(shown), now_ms)))
    end_ms = round(now_ms + (now_ms - BEGAN_MS) * writing)
    stage = StageProgress(stage=Stage.WRITING_FILE, started_at_ms=now_ms)
    estimates += [Estimate(at_ms, eta.end_ms(stage, at_ms)) for at_ms in range(now_ms, end_ms, LINE_MS)]
    return estimates, end_ms


def worst(estimates: list[Estimate], end_ms: int, since: float = 0.5) -> float:
    """The largest error from this part of the render on, as a part of its whole time."""
    whole = end_ms - BEGAN_MS
    late = [each for each in estimates if each.now_ms >= BEGAN_MS + whole * since]
    assert late
    return max(abs((each.end_ms or 0) - end_ms) for each in late) / whole


def scenes(part: float) -> float:
    return (160, 60, 120, 80, 150, 60)[min(5, int(part * 6))]


def uneven(part: float) -> float:
    return random.Random(part).choice((10.0, 100.0, 190.0))


SPEEDS: dict[str, Callable[[float], float]] = {
    "steady": lambda _: 100,
    "late start": lambda part: 4 if part < 0.005 else 100,
    "ever slower": lambda part: 150 - 100 * part,
    "ever faster": lambda part: 60 + 80 * part,
    "easy beginning": lambda part: 150 if part < 0.4 else 60,
    "hard beginning": lambda part: 60 if part < 0.2 else 150,
    "scenes": scenes,
    "uneven": uneven,
}
"""Frames a second, of the part that is done."""


@pytest.mark.parametrize("name", SPEEDS)
def test_the_end_is_told_within_a_fifth_from_the_middle_on(name: str) -> None:
    assert worst(*estimated(SPEEDS[name])) < 0.2


def test_frames_may_be_counted_in_lumps() -> None:
    assert worst(*estimated(lambda _: 100, lump=120)) < 0.2


def test_frames_that_come_a_third_at_a_time_do_not_move_the_end_out_of_sight() -> None:
    assert worst(*estimated(lambda _: 100, lump=1000)) < 3


def test_a_steady_render_is_told_well_once_its_first_frames_are_out() -> None:
    estimates, end_ms = estimated(lambda _: 100)
    told = [each for each in estimates if each.end_ms is not None]
    assert told[0].now_ms - BEGAN_MS == pytest.approx(0.05 * (end_ms - BEGAN_MS), rel=0.1)
    assert max(abs((each.end_ms or 0) - end_ms) for each in told) < 0.03 * (end_ms - BEGAN_MS)


def test_first_frames_that_take_long_tell_no_end_far_away() -> None:
    estimates, end_ms = estimated(lambda part: 4 if part < 0.005 else 100)
    told = [each.end_ms for each in estimates if each.end_ms is not None]
    assert max(told) - BEGAN_MS < 2 * (end_ms - BEGAN_MS)
    assert worst(estimates, end_ms, since=0.25) < 0.2


@pytest.mark.parametrize("writing", [0.0, 0.05, 0.15])
def test_the_estimate_stays_while_the_file_is_written_and_is_never_in_the_past(writing: float) -> None:
    estimates, end_ms = estimated(lambda _: 100, writing=writing)
    assert all(each.end_ms >= each.now_ms for each in estimates if each.end_ms is not None)
    assert worst(estimates, end_ms) < 0.2


def test_nothing_is_told_before_there_are_frames() -> None:
    eta = Eta()
    for stage in (Stage.STARTED, Stage.PARSING_DRAFT, Stage.PREPARING, Stage.PROCESSING_MATERIALS):
        assert eta.end_ms(replace(exporting(5, 10), stage=stage), BEGAN_MS + 1000) is None
    for nothing in (exporting(0), exporting(None, None), exporting(7, None), exporting(0, 0)):
        assert eta.end_ms(nothing, BEGAN_MS + 1000) is None
    assert eta.end_ms(replace(exporting(None, None), stage=Stage.WRITING_FILE), BEGAN_MS + 2000) is None
    assert eta.end_ms(exporting(10, 100), BEGAN_MS + 3000) is not None


def test_a_stall_moves_the_end_away_and_is_forgotten_again() -> None:
    eta = Eta()
    before = [eta.end_ms(exporting(done * 10), BEGAN_MS + done * 100) for done in range(1, 101)][-1]
    stalled = eta.end_ms(exporting(1000), BEGAN_MS + 20_000)
    after = [eta.end_ms(exporting(1000 + done * 10), BEGAN_MS + 20_000 + done * 100) for done in range(1, 200)][-1]
    assert before is not None
    assert stalled is not None
    assert before < after < stalled if after else False
    assert after == pytest.approx(BEGAN_MS + 40_000, abs=3000)


def test_clocks_that_stand_still_or_run_backwards_do_no_harm() -> None:
    eta = Eta()
    for now_ms in (BEGAN_MS, BEGAN_MS - 5000, BEGAN_MS, BEGAN_MS + 10, BEGAN_MS - 1):
        assert (eta.end_ms(exporting(500), now_ms) or 0) >= now_ms
