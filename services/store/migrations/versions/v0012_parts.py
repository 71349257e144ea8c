"""The fencing token of the job that renders a part."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column. Its predecessor, `claims`, stays for processes of the release before."""
    op.add_column("draftcast_parts", sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"))
