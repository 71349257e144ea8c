"""Workers on many machines: who lives, who runs what, whose turn it is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

PENDING = sa.text("status = 'PENDING'")
PROCESSING = sa.text("status = 'PROCESSING'")


def upgrade() -> None:
    """Add the workers, two columns of tasks, and the indexes that the queue reads by."""
    op.create_table(
        "draftcast_workers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger, nullable=False),
    )
    op.add_column("draftcast_tasks", sa.Column("worker", sa.String(32)))
    op.add_column("draftcast_tasks", sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"))
    op.drop_index("draftcast_tasks_by_status", "draftcast_tasks")
    op.create_index("draftcast_tasks_by_end", "draftcast_tasks", ["completed_at_ms"])
    _of_those("waiting", PENDING, sa.text("priority DESC"), "turn", "queued_at_ms", "id")
    _of_those("turns", PENDING, "owner", "priority", "turn")
    _of_those("expiring", PENDING, "expires_at_ms")
    _of_those("running", PROCESSING, "worker")
    op.create_index("draftcast_events_by_owner", "draftcast_events", ["owner", "position"])


def _of_those(name: str, where: sa.TextClause, *columns: str | sa.TextClause) -> None:
    """An index of the tasks in one status."""
    op.create_index(
        f"draftcast_tasks_{name}", "draftcast_tasks", list(columns), sqlite_where=where, postgresql_where=where
    )
