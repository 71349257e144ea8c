"""The tables of procrastinate 3.10 (PostgreSQL only), which hands out jobs.

procrastinate has no runner of its own for changes of its tables. The file is that of the installed release; a test
knows its digest. A release with other tables needs a revision here, for tables of 3.10.
"""

from importlib import resources

import sqlalchemy as sa
from alembic import op

from services.errors import DraftcastError

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the engine's file, and add an index by which the jobs of a task are found."""
    if op.get_bind().dialect.name == "sqlite":
        return
    try:
        schema = (resources.files("procrastinate") / "sql" / "schema.sql").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        raise DraftcastError("PostgreSQL needs more packages: pip install 'draftcast[postgres]'") from None
    op.get_bind().exec_driver_sql(schema.replace("%", "%%"))
    op.create_index("draftcast_jobs_by_key", "procrastinate_jobs", [sa.text("queueing_lock text_pattern_ops")])
