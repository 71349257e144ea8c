"""Colour tables of the operator: which filters they draw."""

from pathlib import Path
from typing import Any

import pytest

from services.drafts.design import Effect, EffectKind
from services.drafts.families.looks import find_looks
from services.drafts.fidelity import fidelity
from services.drafts.read.draft import read_draft
from services.drafts.records import EffectMaterial
from services.errors import SettingsError
from services.settings import load
from services.startup_checks import check_looks
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000
TABLE = "LUT_3D_SIZE 2\n" + "0 0 0\n" * 8
CLEAR_SKY = "6706773372107248136"
"""The id of 晴空."""


def looked(folder: Path, *names: str, **fields: Any) -> tuple[tuple[Effect, ...], int]:
    """The effects of a clip with a filter, and the number of warnings, with tables of some names."""
    for name in names:
        (folder / name).write_text(TABLE)
    filtered = {"type": "filter", "value": 0.6, **fields}
    draft = read_draft(
        DraftBuilder().video("a.mp4", 0, SECOND).using("effects", **filtered).bytes(), find_looks([folder])
    )
    assert fidelity(draft).exact == len(draft.tracks[0].segments[0].effects) - len(draft.warnings)
    return draft.tracks[0].segments[0].effects, len(draft.warnings)


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        (f"{CLEAR_SKY}.cube", {"name": "晴空", "resource_id": CLEAR_SKY}),
        ("晴空.cube", {"name": "Trời trong", "effect_id": CLEAR_SKY}),
        ("Warm Dusk.CUBE", {"name": "warm-dusk"}),
        ("黑白.cube", {"name": "黑白"}),
    ],
)
def test_a_table_is_found_by_id_by_the_listed_name_and_by_the_drafts(
    tmp_path: Path, file: str, fields: dict[str, str]
) -> None:
    (effect,), warnings = looked(tmp_path, file, **fields)
    assert (effect.kind, effect.strength, effect.table) == (EffectKind.LUT, 0.6, str(tmp_path / file))
    assert warnings == 0


def test_a_number_at_a_names_end_is_another_filter(tmp_path: Path) -> None:
    (effect,), warnings = looked(tmp_path, "暖色2.cube", name="暖色")
    assert (effect.kind, warnings) == (EffectKind.WARM, 0)


def test_the_drafts_own_file_and_a_switched_off_filter_stay_as_they_are(tmp_path: Path) -> None:
    assert looked(tmp_path, "晴空.cube", name="晴空", value=0) == ((), 0)
    (effect,), _ = looked(tmp_path, name="海", path="own.cube")
    assert (effect.path, effect.table) == ("own.cube", "")


def test_a_table_draws_effects_of_tracks_and_within_compounds_too(tmp_path: Path) -> None:
    (tmp_path / "人间烟火.cube").write_text(TABLE)
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    material = builder.material("video_effects", type="video_effect", name="人间烟火")
    draft = read_draft(builder.segment("effect", "effect", material, 0, SECOND).bytes(), find_looks([tmp_path]))
    found = draft.tracks[1].segments[0].material
    assert isinstance(found, EffectMaterial)
    assert [effect.kind for effect in found.effects] == [EffectKind.LUT]
    assert draft.warnings == ()


def test_a_broken_table_is_named_with_its_line_and_a_missing_folder_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "good.cube").write_text(TABLE)
    assert check_looks(load(looks=(tmp_path,))) == 1
    (tmp_path / "海边.cube").write_text(TABLE.replace("0 0 0\n", "0 0 x\n", 1))
    with pytest.raises(SettingsError, match=r"DRAFTCAST_LOOKS: .*海边\.cube: .*line 2"):
        check_looks(load(looks=(tmp_path,)))
    with pytest.raises(SettingsError, match=r"DRAFTCAST_LOOKS: .*gone"):
        check_looks(load(looks=(tmp_path / "gone",)))
