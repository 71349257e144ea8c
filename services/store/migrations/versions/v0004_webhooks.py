"""Webhooks: where a task's events are sent, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WAITING = sa.text("state = 'WAITING'")


def upgrade() -> None:
    """Add two columns of tasks, and the deliveries."""
    op.add_column("draftcast_tasks", sa.Column("webhook_url", sa.String(2048)))
    op.add_column("draftcast_tasks", sa.Column("webhook_events", sa.JSON(none_as_null=True)))
    op.create_table(
        "draftcast_deliveries",
        sa.Column("task_id", sa.String(32), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger),
        sa.Column("answer", sa.Integer),
        sa.Column("error", sa.String(200)),
    )
    op.create_index(
        "draftcast_deliveries_due",
        "draftcast_deliveries",
        ["due_at_ms"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
