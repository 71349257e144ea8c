"""The replacements of a task; its output key covers them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("draftcast_tasks", sa.Column("replacements", sa.JSON))
