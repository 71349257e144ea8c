"""Finished chunks of earlier renders: only what changed is rendered, and the video is that of a whole render."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.drafts.curves import Curve, Keyframe, Property
from services.drafts.design import Mask, MaskKind
from services.render.timeline.scene import Layer, StillSequence
from services.settings import load
from services.worker.exporter_process import request_of
from services.worker.kept import DAY_SECONDS, FOLDER, evict, owner_folder
from tests.support import kinds, media
from tests.support.drafts import DraftBuilder
from tests.support.render import Rendered, render
from tests.support.tasks import running_task
from tests.support.uncoded import timeline_of

S = 1_000_000
SECONDS = 8
"""Two chunks on two cores, four on four."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A draft with movement, sound and a caption near its end."""
    made = tmp_path_factory.mktemp("kept")
    media.counting_video(made / "clip.mp4", seconds=SECONDS, size="160x90", fps="10", hertz=440)
    return made


def draft(caption: str) -> DraftBuilder:
    builder = DraftBuilder(160, 90, 10).video("clip.mp4", 0, SECONDS * S).text("Always the same", 0, 2 * S)
    return builder.text(caption, 7 * S, S // 2)


def made(folder: Path, attempt: int, caption: str, **changes: Any) -> Rendered:
    return render(folder, draft(caption), attempt=attempt, copy_video=False, **changes)


def test_only_the_chunk_of_a_changed_caption_is_rendered_and_every_frame_is_that_of_a_whole_render(
    folder: Path,
) -> None:
    kept = folder / "kept"
    first = made(folder, 1, "For Ann", keep_dir=str(kept))
    before = {path: path.stat() for path in kept.iterdir()}
    for path in before:
        os.utime(path, (1000, 1000))
    variant = made(folder, 2, "For Bob", keep_dir=str(kept))
    assert len(set(kept.iterdir()) - set(before)) == 1
    used = [path for path in before if path.stat().st_mtime > 1000]
    assert len(used) == len(before) - 1
    assert all(path.stat().st_ino == before[path].st_ino for path in before), "made again instead of used"
    whole = made(folder, 3, "For Bob")
    for number in range(SECONDS * 10):
        assert np.array_equal(variant.video.rgb(number), whole.video.rgb(number))
    assert not np.array_equal(variant.video.rgb(72), first.video.rgb(72))
    assert np.array_equal(variant.video.sound, whole.video.sound)
    assert variant.stages[-1]["stage"] == "WRITING_FILE"
    frames = [line["done"] for line in variant.stages if line["stage"] == "EXPORTING"]
    assert (frames[-1], sorted(frames)) == (SECONDS * 10, frames)


@pytest.mark.long
def test_a_draft_with_a_compound_uses_the_chunks_that_show_it(folder: Path) -> None:
    """The compound itself is rendered each time; its file is known by its content."""

    def variant(attempt: int, caption: str, **changes: Any) -> Rendered:
        inner = DraftBuilder(160, 90, 10).video("clip.mp4", 0, SECONDS * S).text("Within", 0, SECONDS * S)
        outer = DraftBuilder(160, 90, 10).video("", 0, SECONDS * S, clip={"rotation": 10.0})
        outer.using("drafts", type="combination", name="inner", draft=inner.content())
        return render(folder, outer.text(caption, 7 * S, S // 2), attempt=attempt, copy_video=False, **changes)

    kept = folder / "kept-compound"
    variant(11, "For Ann", keep_dir=str(kept))
    before = set(kept.iterdir())
    changed = variant(12, "For Bob", keep_dir=str(kept))
    assert len(before) > 1
    assert len(set(kept.iterdir()) - before) == 1
    whole = variant(13, "For Bob")
    assert all(np.array_equal(changed.video.rgb(number), whole.video.rgb(number)) for number in range(SECONDS * 10))


def test_commands_name_a_mask_that_moves_by_what_it_shows(tmp_path: Path) -> None:
    """Kept chunks are known by their commands, and a command names the folder of such a mask."""
    media.quadrants(tmp_path / "photo.png", 64, 36)

    def folder_name(attempt: int, width: float) -> str:
        curve = Curve(Property.MASK_WIDTH, (Keyframe(0, 0.1), Keyframe(S // 2, width)))
        masked = kinds.segment("m", kinds.PHOTO, 0, S // 2, mask=Mask(kind=MaskKind.CIRCLE), curves=(curve,))
        timeline = timeline_of(kinds.draft([(masked,)], 64, 36), tmp_path, tmp_path / str(attempt))
        (layer,) = timeline.items
        assert isinstance(layer, Layer)
        assert isinstance(layer.mask, StillSequence)
        assert layer.mask.path(14).exists()
        return layer.mask.folder.name

    first, again, other = (folder_name(attempt, width) for attempt, width in enumerate((0.2, 0.2, 0.5)))
    assert first == again != other


@pytest.mark.long
def test_another_quality_or_material_of_the_same_name_is_another_chunk(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    made(folder, 1, "For Ann", keep_dir=str(kept))
    before = set(kept.iterdir())
    made(folder, 2, "For Ann", keep_dir=str(kept), options={"quality": "HIGH"})
    assert len(set(kept.iterdir()) - before) == len(before)
    media.counting_video(tmp_path / "clip.mp4", seconds=SECONDS, size="160x90", fps="5", hertz=220)
    other = made(tmp_path, 1, "For Ann", keep_dir=str(kept))
    assert np.array_equal(other.video.rgb(11), made(tmp_path, 2, "For Ann").video.rgb(11))


def test_a_damaged_file_is_rendered_again_and_replaced(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    whole = made(folder, 1, "For Ann", keep_dir=str(kept))
    for path in kept.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    damaged = {path: path.stat().st_size for path in kept.iterdir()}
    again = made(folder, 2, "For Ann", keep_dir=str(kept))
    assert np.array_equal(again.video.rgb(40), whole.video.rgb(40))
    assert {path: path.stat().st_size - 100 for path in kept.iterdir()} == damaged


def test_a_folder_that_cannot_be_written_keeps_nothing_and_fails_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where a folder is wanted")
    assert made(folder, 1, "For Ann", keep_dir=str(tmp_path / "kept")).result["frames"] == SECONDS * 10


def test_no_two_owners_share_a_folder_and_other_exporters_have_none(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path)
    task = running_task()
    folder = request_of(settings, task, tmp_path).keep_dir
    assert folder == owner_folder(tmp_path, task.owner) != owner_folder(tmp_path, "another")
    for off in ({"keep_parts_bytes": 0}, {"exporter": ("other",)}):
        assert request_of(settings.model_copy(update=off), task, tmp_path).keep_dir is None


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    paths = [tmp_path / FOLDER / owner / name for owner in ("ann", "bob") for name in ("1", "2")]
    for used, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (used * DAY_SECONDS, used * DAY_SECONDS))
    evict(load(data_dir=tmp_path, keep_parts_bytes=250), 4 * DAY_SECONDS)
    assert [path.exists() for path in paths] == [False, False, True, True]
    evict(load(data_dir=tmp_path, keep_parts_bytes=250, keep_days=1), 4 * DAY_SECONDS)
    assert [path.exists() for path in paths] == [False, False, False, True]
    evict(load(data_dir=tmp_path, keep_parts_bytes=0), 4 * DAY_SECONDS)
    assert not any(path.exists() for path in paths)
