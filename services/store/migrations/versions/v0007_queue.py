"""Jobs of the embedded queue, and what the rows of tasks and workers know of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns, and the table on SQLite. `services.worker.maintenance` adds the jobs of the active tasks."""
    op.add_column("draftcast_tasks", sa.Column("run", sa.Integer, nullable=False, server_default="1"))
    op.add_column("draftcast_tasks", sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("draftcast_workers", sa.Column("takes_jobs", sa.Boolean, nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "sqlite":
        _jobs()


def _jobs() -> None:
    op.create_table(
        "draftcast_jobs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("task_id", sa.String(32), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("part", sa.Integer),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("handed", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("draftcast_jobs_of_task", "draftcast_jobs", ["task_id", "run"])
    op.create_index(
        "draftcast_jobs_order", "draftcast_jobs", [sa.text("priority DESC"), sa.text("(handed = 0)"), "turn", "id"]
    )
