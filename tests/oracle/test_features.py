"""Renders compared with the reference: a slow compositor draws the same frames from the same timeline."""

from pathlib import Path

import pytest

from tests.oracle.features import FEATURES, GROUPS
from tests.oracle.studies import Feature, Study

OFTEN = ("placing", "time", "text", "transitions")
"""The groups that `make test` draws; `make test-long` and `make test-ffmpegs` draw them all."""


def _long(group: str) -> list[pytest.MarkDecorator]:
    return [] if group in OFTEN else [pytest.mark.long]


class Studies:
    """The studies of all groups, each made on first use."""

    def __init__(self, scenery: Path, folder: Path) -> None:
        self._scenery = scenery
        self._folder = folder
        self._made: dict[str, Study] = {}

    def of(self, group: str) -> Study:
        if group not in self._made:
            features = [feature for feature in FEATURES if feature.group == group]
            self._made[group] = Study(features, self._scenery, self._folder / group)
        return self._made[group]


@pytest.fixture(scope="module")
def studies(scenery: Path, tmp_path_factory: pytest.TempPathFactory) -> Studies:
    return Studies(scenery, tmp_path_factory.mktemp("oracle"))


@pytest.mark.parametrize(
    "feature", [pytest.param(feature, marks=_long(feature.group)) for feature in FEATURES], ids=str
)
def test_a_feature_looks_as_the_reference_draws_it(studies: Studies, feature: Feature) -> None:
    study = studies.of(feature.group)
    assert feature.wants <= study.kinds(feature), "the timeline does not hold it"
    found = study.likenesses(feature)
    assert all(each.within(feature.ssim, feature.difference) for each in found), found


@pytest.mark.parametrize("group", [pytest.param(group, marks=_long(group)) for group in GROUPS])
def test_a_group_of_features_has_as_many_frames_as_its_timeline(studies: Studies, group: str) -> None:
    study = studies.of(group)
    assert len(study.video) == study.timeline.frames
