"""The documented scale of progress: where each stage begins and ends."""

from services.store.records import Stage, StageProgress

BEGINS = {
    Stage.QUEUED: 0,
    Stage.STARTED: 10,
    Stage.PARSING_DRAFT: 20,
    Stage.PREPARING: 30,
    Stage.PROCESSING_MATERIALS: 50,
    Stage.EXPORTING: 70,
    Stage.WRITING_FILE: 90,
    Stage.DONE: 100,
}
"""The progress, of 100, at which each stage begins: the table of gen_video_status."""

ORDER = list(Stage)


def percent(stage: StageProgress) -> int:
    """0..99: between the beginnings of this stage and the next, by what is done of it."""
    begin = BEGINS[stage.stage]
    following = BEGINS[ORDER[ORDER.index(stage.stage) + 1]]
    share = min(1.0, (stage.done or 0.0) / stage.total) if stage.total else 0.0
    return min(99, begin + int((following - begin) * share))
