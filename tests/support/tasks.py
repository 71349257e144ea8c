"""Tasks as records, without a store."""

from services.store.records import Stage, StageProgress, Status, Task

AT_MS = 1_700_000_000_000


def running_task() -> Task:
    """A task whose first attempt has just begun."""
    return Task(
        id="1",
        owner="open",
        draft_url="http://drafts.example/1",
        status=Status.PROCESSING,
        stage=Stage.STARTED,
        progress=10,
        stages=(StageProgress(stage=Stage.STARTED, started_at_ms=AT_MS),),
        attempt=1,
        max_attempts=3,
        priority=0,
        strict=False,
        metadata=None,
        created_at_ms=AT_MS,
        started_at_ms=AT_MS,
        completed_at_ms=None,
        updated_at_ms=AT_MS,
        queued_at_ms=AT_MS,
        expires_at_ms=None,
        seq=2,
    )
