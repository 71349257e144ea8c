"""What differs most between releases of ffmpeg, drawn by the machine's own program, which is often years older than the
bundled one that the other tests draw with. `make test-ffmpegs` draws everything with several releases.
"""

from pathlib import Path

import pytest

from tests.oracle.features import FEATURES
from tests.oracle.studies import Feature, Study
from tests.support.ffmpegs import machine_ffmpeg
from tests.support.programs import not_run

pytestmark = pytest.mark.long
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
    ffmpeg = machine_ffmpeg()
    if ffmpeg is None:
        not_run("an ffmpeg of the machine's own, 5.1 or newer")
    return Study(COMPARED, scenery, tmp_path_factory.mktemp("other") / "study", ffmpeg=ffmpeg)


@pytest.mark.parametrize("feature", COMPARED, ids=str)
def test_the_ffmpeg_of_the_machine_draws_as_the_reference_does(study: Study, feature: Feature) -> None:
    found = study.likenesses(feature)
    assert all(each.within(feature.ssim, feature.difference) for each in found), found


def test_the_picked_features_are_features() -> None:
    assert {str(feature) for feature in COMPARED} == set(PICKED)
