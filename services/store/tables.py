"""The tables. Times are UTC milliseconds since 1970; values that are only stored and returned are JSON."""

import sqlalchemy as sa

from services.store.records import ACTIVE, DeliveryState, Status
from services.store.rows import StoredWarnings

metadata = sa.MetaData()


class _Warnings(sa.types.TypeDecorator[StoredWarnings]):
    """JSON that is read as text and parsed at the first access."""

    impl = sa.JSON
    cache_ok = True

    def column_expression(self, column: sa.ColumnElement[StoredWarnings]) -> sa.ColumnElement[StoredWarnings]:
        """See SQLAlchemy: PostgreSQL drivers would parse the JSON themselves."""
        return sa.type_coerce(sa.cast(column, sa.Text), self)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> type[StoredWarnings]:
        """See SQLAlchemy."""
        del dialect, coltype
        return StoredWarnings


_active = sa.text("status IN ({})".format(", ".join(f"'{status}'" for status in ACTIVE)))
_failed = sa.text("error_code IS NOT NULL")
_FILTERED = ("status", "stage", "error_code")
"""Columns that lists are filtered by, included in the other indexes: the filter is evaluated without the row."""
_pending = sa.text(f"status = '{Status.PENDING}'")
_undelivered = sa.text(f"state = '{DeliveryState.WAITING}'")
_running = sa.text(f"status = '{Status.PROCESSING}'")

tasks = sa.Table(
    "draftcast_tasks",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("draft_url", sa.String(2048), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("stage", sa.String(32), nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("stages", sa.JSON, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("strict", sa.Boolean, nullable=False),
    sa.Column("metadata", sa.JSON(none_as_null=True)),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger),
    sa.Column("completed_at_ms", sa.BigInteger),
    sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    sa.Column("queued_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger),
    sa.Column("estimated_completion_at_ms", sa.BigInteger),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("preview_key", sa.String(256)),
    # The fragments that can be watched, see `services.stream.Stream.text`.
    sa.Column("stream", sa.Text),
    sa.Column("video", sa.JSON(none_as_null=True)),
    sa.Column("error_code", sa.String(32)),
    sa.Column("failure", sa.JSON(none_as_null=True)),
    sa.Column("failure_stage", sa.String(32)),
    sa.Column("warnings", _Warnings, nullable=False),
    # The worker that runs it; NULL while PROCESSING means that its worker has handed it back.
    sa.Column("worker", sa.String(32)),
    sa.Column("webhook_url", sa.String(2048)),
    sa.Column("webhook_events", sa.JSON(none_as_null=True)),
    # Order among tasks of one priority: owners take turns.
    sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"),
    # How often it entered the queue. Jobs of an earlier run have no effect.
    sa.Column("run", sa.Integer, nullable=False, server_default="1"),
    # The fencing token of the job that began its newest attempt.
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    # The requested output; NULL for the default.
    sa.Column("output", sa.JSON(none_as_null=True)),
    # The replacements; NULL without any.
    sa.Column("replacements", sa.JSON(none_as_null=True)),
    # The key of the output and replacements, see `variant_key`.
    sa.Column("output_key", sa.String(32), nullable=False, server_default=""),
    # One active task per owner, draft URL and key, also under concurrent submits.
    sa.Index(
        "draftcast_tasks_one_active",
        "owner",
        "draft_url",
        "output_key",
        unique=True,
        sqlite_where=_active,
        postgresql_where=_active,
    ),
    # Each list has an index that holds its whole order: a page costs the same independent of the number of tasks.
    sa.Index("draftcast_tasks_newest_of_url", "owner", "draft_url", "created_at_ms", "id"),
    sa.Index("draftcast_tasks_by_time", "owner", "created_at_ms", "id"),
    sa.Index("draftcast_tasks_by_status", "owner", "status", "created_at_ms", "id"),
    sa.Index("draftcast_tasks_by_stage", "owner", "stage", "created_at_ms", "id"),
    sa.Index(
        "draftcast_tasks_by_error",
        "owner",
        "error_code",
        "created_at_ms",
        "id",
        sqlite_where=_failed,
        postgresql_where=_failed,
    ),
    sa.Index("draftcast_tasks_by_completion", "owner", "completed_at_ms", "id", *_FILTERED),
    sa.Index("draftcast_tasks_by_update", "owner", "updated_at_ms", "id", *_FILTERED),
    sa.Index("draftcast_tasks_by_end", "completed_at_ms"),
    sa.Index(
        "draftcast_tasks_waiting",
        sa.text("priority DESC"),
        "turn",
        "queued_at_ms",
        "id",
        sqlite_where=_pending,
        postgresql_where=_pending,
    ),
    sa.Index("draftcast_tasks_turns", "owner", "priority", "turn", sqlite_where=_pending, postgresql_where=_pending),
    sa.Index("draftcast_tasks_expiring", "expires_at_ms", sqlite_where=_pending, postgresql_where=_pending),
    sa.Index("draftcast_tasks_running", "worker", sqlite_where=_running, postgresql_where=_running),
)

is_active = tasks.c.status.in_([sa.literal_column(f"'{status}'") for status in ACTIVE])
"""PENDING or PROCESSING tasks, written as in the partial indexes: a bound parameter would not match those."""
is_pending = tasks.c.status == sa.literal_column(f"'{Status.PENDING}'")
is_processing = tasks.c.status == sa.literal_column(f"'{Status.PROCESSING}'")

task_counts = sa.Table(
    "draftcast_task_counts",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("status", sa.String(16), primary_key=True),
    # How many tasks; triggers on draftcast_tasks keep it.
    sa.Column("count", sa.BigInteger, nullable=False),
)

events = sa.Table(
    "draftcast_events",
    metadata,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("task_id", sa.String(32), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("stage", sa.String(32), nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.UniqueConstraint("task_id", "seq"),
    sa.Index("draftcast_events_by_owner", "owner", "position"),
    sqlite_autoincrement=True,
)

idempotency_keys = sa.Table(
    "draftcast_idempotency_keys",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(256), primary_key=True),
    sa.Column("task_id", sa.String(32), nullable=False),
    sa.Column("request_sha256", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
)

deliveries = sa.Table(
    "draftcast_deliveries",
    metadata,
    sa.Column("task_id", sa.String(32), primary_key=True),
    # The seq of the event.
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    # Time of the next attempt; during an attempt, the time after which it counts as failed.
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    # The newest HTTP status.
    sa.Column("answer", sa.Integer),
    sa.Column("error", sa.String(200)),
    sa.Index("draftcast_deliveries_due", "due_at_ms", sqlite_where=_undelivered, postgresql_where=_undelivered),
)

workers = sa.Table(
    "draftcast_workers",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    # The id of the data folder; each data folder has one worker at most.
    sa.Column("place", sa.String(32), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    # Concurrent renders; 0 for a process that only serves the API.
    sa.Column("slots", sa.Integer, nullable=False),
    # The heartbeat counter. Other processes watch whether it changes; no clocks are compared.
    sa.Column("beat", sa.BigInteger, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger, nullable=False),
    # Whether it takes the jobs of the work queue; processes of the release before do not.
    sa.Column("takes_jobs", sa.Boolean, nullable=False, server_default=sa.false()),
)

parts = sa.Table(
    "draftcast_parts",
    metadata,
    sa.Column("task_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    # The current attempt. Parts of an earlier attempt are kept where the digest is the same.
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("first_frame", sa.Integer, nullable=False),
    sa.Column("frames", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    # The worker that renders or has rendered it.
    sa.Column("worker", sa.String(32)),
    # Not used since the parts have jobs; processes of the release before read it.
    sa.Column("claims", sa.Integer, nullable=False),
    # The number of workers that were lost or failed on it.
    sa.Column("losses", sa.Integer, nullable=False),
    sa.Column("frames_done", sa.Integer, nullable=False),
    # The key of its upload in the file storage.
    sa.Column("key", sa.String(256)),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("sha256", sa.String(64)),
    # The fencing token of the job that began it.
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("draftcast_parts_by_status", "status"),
)

kept = sa.Table(
    "draftcast_kept",
    metadata,
    # The digest of the owner's name.
    sa.Column("owner", sa.String(32), primary_key=True),
    # The digest of what the file is made from.
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("checksum", sa.String(32), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    # The time of the last use, within the hour.
    sa.Column("used_at_ms", sa.BigInteger, nullable=False),
    sa.Index("draftcast_kept_by_use", "used_at_ms"),
)
