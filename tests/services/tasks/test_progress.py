"""From an exporter's lines to what is stored."""

from services.exporter_protocol.lines import StageLine
from services.store.records import Stage, Unit
from services.worker.progress import AttemptProgress
from tests.support.tasks import running_task

T = 1_700_000_000_000


def test_the_end_is_estimates_from_the_first_frames_to_the_last_step() -> None:
    progress = AttemptProgress(running_task())
    estimates: list[int | None] = []
    for line, at_ms in (
        (StageLine(Stage.PROCESSING_MATERIALS, 3, 3, Unit.FILES), T),
        (StageLine(Stage.EXPORTING, 0, 100, Unit.FRAMES), T + 1000),
        (StageLine(Stage.EXPORTING, 25, 100, Unit.FRAMES), T + 2000),
        (StageLine(Stage.EXPORTING, 100, 100, Unit.FRAMES), T + 5000),
        (StageLine(Stage.WRITING_FILE, 0, 3, Unit.ITEMS), T + 5000),
        (StageLine(Stage.WRITING_FILE, 1, 3, Unit.ITEMS), T + 6000),
    ):
        progress.on_stage(line, at_ms)
        (update,) = progress.take()
        estimates.append(update.estimated_completion_at_ms)
    assert estimates == [None, None, T + 5200, T + 5200, T + 5200, T + 6000]


def test_previews_are_stored_once_a_second_at_most() -> None:
    progress = AttemptProgress(running_task())
    assert [tenth for tenth in range(31) if progress.preview_due(T + tenth * 100)] == [0, 10, 20, 30]
    assert progress.preview_due(T - 3_600_000), "the clock was set back"
    progress.on_preview("videos/1/1/preview.jpg")
    (update,) = progress.take()
    assert update.preview_key == "videos/1/1/preview.jpg"
