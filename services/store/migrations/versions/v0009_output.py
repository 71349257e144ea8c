"""The requested output of a task; one task of a draft URL and output is active at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ACTIVE = sa.text("status IN ('PENDING', 'PROCESSING')")
_NAME = "draftcast_tasks_one_active"


def upgrade() -> None:
    """Add the columns, and the output to the index of active tasks."""
    op.add_column("draftcast_tasks", sa.Column("output", sa.JSON))
    op.add_column("draftcast_tasks", sa.Column("output_key", sa.String(32), nullable=False, server_default=""))
    op.drop_index(_NAME, "draftcast_tasks")
    columns = ["owner", "draft_url", "output_key"]
    op.create_index(_NAME, "draftcast_tasks", columns, unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
