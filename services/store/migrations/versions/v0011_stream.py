"""The fragments that can be watched of a task."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("draftcast_tasks", sa.Column("stream", sa.Text))
