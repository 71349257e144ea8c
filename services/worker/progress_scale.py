"""The progress scale: the percentage at which each stage begins."""

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
"""The percentage at which each stage begins: the table of gen_video_status."""

ORDER = list(Stage)


def percent(stage: StageProgress) -> int:
    """0..99: from the beginning of this stage to that of the next, by the share done."""
    begin = BEGINS[stage.stage]
    following = BEGINS[ORDER[ORDER.index(stage.stage) + 1]]
    share = min(1.0, (stage.done or 0.0) / stage.total) if stage.total else 0.0
    return min(99, begin + int((following - begin) * share))
