"""Tasks, their events and the idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ACTIVE = sa.text("status IN ('PENDING', 'PROCESSING')")


def upgrade() -> None:
    """Create the three tables."""
    _tasks()
    _events()
    op.create_table(
        "draftcast_idempotency_keys",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(256), primary_key=True),
        sa.Column("task_id", sa.String(32), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )


def _tasks() -> None:
    op.create_table(
        "draftcast_tasks",
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
        sa.Column("metadata", sa.JSON),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger),
        sa.Column("completed_at_ms", sa.BigInteger),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("queued_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger),
        sa.Column("estimated_completion_at_ms", sa.BigInteger),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("preview_key", sa.String(256)),
        sa.Column("video", sa.JSON),
        sa.Column("error_code", sa.String(32)),
        sa.Column("failure", sa.JSON),
        sa.Column("failure_stage", sa.String(32)),
        sa.Column("warnings", sa.JSON, nullable=False),
    )
    op.create_index(
        "draftcast_tasks_one_active",
        "draftcast_tasks",
        ["owner", "draft_url"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_index("draftcast_tasks_by_url", "draftcast_tasks", ["owner", "draft_url", "created_at_ms"])
    op.create_index("draftcast_tasks_by_time", "draftcast_tasks", ["owner", "created_at_ms", "id"])
    op.create_index("draftcast_tasks_by_status", "draftcast_tasks", ["status", "priority", "queued_at_ms"])


def _events() -> None:
    op.create_table(
        "draftcast_events",
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
        sqlite_autoincrement=True,
    )
