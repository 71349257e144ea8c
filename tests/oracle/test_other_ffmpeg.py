"""What differs most between releases of ffmpeg, drawn by the program that the other tests do not use.

They use the one that draftcast finds by itself, or DRAFTCAST_FFMPEG; where that is the one of the machine, the bundled
one is tried here. Its release is often years newer.
"""

from pathlib import Path

import pytest

from tests.oracle.features import FEATURES
from tests.oracle.studies import Feature, Study
from tests.support.ffmpegs import used_ffmpeg
from tests.support.media import FFMPEG
from tests.support.programs import not_run

PICKED = (
    "time: reverse", "time: variable frame rate", "time: stored lying on its side", "time: gif",
    "keyframes: scale", "keyframes: of the bottom clip",
    "keyframes: all of these", "keyframes: of a clear picture", "keyframes: brightness",
    "transitions: dissolve", "transitions: zoom", "transitions: blur", "transitions: circle",
    "transitions: above other tracks", "masks: feathered", "blend modes: soft_light", "backgrounds: blurred 0.375",
    "effects: glitch", "effects: shake", "effects: zoom", "adjustments: lut", "filters: vintage",
    "animations: bounce", "animations: text: typewriter", "others: chroma key", "others: compound clip",
)  # fmt: skip
"""Filters with expressions in time, several inputs, odd pixel formats or readers of their own."""
COMPARED = [feature for feature in FEATURES if str(feature) in PICKED]


@pytest.fixture(scope="module")
def study(scenery: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    if used_ffmpeg() == FFMPEG:
        not_run("an ffmpeg that draftcast would take before the bundled one")
    return Study(COMPARED, scenery, tmp_path_factory.mktemp("other") / "study", ffmpeg=FFMPEG)


@pytest.mark.parametrize("feature", COMPARED, ids=str)
def test_the_bundled_ffmpeg_draws_as_the_reference_does(study: Study, feature: Feature) -> None:
    found = study.likenesses(feature)
    assert all(each.within(feature.ssim, feature.difference) for each in found), found


def test_the_picked_features_are_features() -> None:
    assert {str(feature) for feature in COMPARED} == set(PICKED)
