"""Indexes that hold the order of every list, kept counts of tasks, and an index of what searches look for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INDEXES = {
    "newest_of_url": ["owner", "draft_url", "created_at_ms", "id"],
    "by_status": ["owner", "status", "created_at_ms", "id"],
    "by_stage": ["owner", "stage", "created_at_ms", "id"],
    "by_error": ["owner", "error_code", "created_at_ms", "id"],
    "by_completion": ["owner", "completed_at_ms", "id", "status", "stage", "error_code"],
    "by_update": ["owner", "updated_at_ms", "id", "status", "stage", "error_code"],
}
_ADD = """INSERT INTO draftcast_task_counts (owner, status, count) VALUES (NEW.owner, NEW.status, 1)
  ON CONFLICT (owner, status) DO UPDATE SET count = draftcast_task_counts.count + 1;"""
_TAKE = "UPDATE draftcast_task_counts SET count = count - 1 WHERE owner = OLD.owner AND status = OLD.status;"
_FORGET = """INSERT INTO draftcast_search (draftcast_search, rowid, draft_url)
    SELECT 'delete', number, OLD.draft_url FROM draftcast_search_rows WHERE task_id = OLD.id;
  DELETE FROM draftcast_search_rows WHERE task_id = OLD.id;"""
SQLITE = (
    # Neither the text nor places in it are kept: three letters lead to numbers, and a number to a task.
    "CREATE VIRTUAL TABLE draftcast_search USING fts5(draft_url, tokenize = 'trigram', detail = none, content = '')",
    "INSERT INTO draftcast_search_rows (task_id, owner) SELECT id, owner FROM draftcast_tasks ORDER BY created_at_ms",
    """INSERT INTO draftcast_search (rowid, draft_url)
  SELECT number, draft_url FROM draftcast_search_rows JOIN draftcast_tasks ON id = task_id""",
    f"""CREATE TRIGGER draftcast_task_added AFTER INSERT ON draftcast_tasks BEGIN
  INSERT INTO draftcast_search_rows (task_id, owner) VALUES (NEW.id, NEW.owner);
  INSERT INTO draftcast_search (rowid, draft_url) VALUES (last_insert_rowid(), NEW.draft_url);
  {_ADD} END""",  # noqa: S608 - our own constants
    f"""CREATE TRIGGER draftcast_task_moved AFTER UPDATE OF status ON draftcast_tasks WHEN OLD.status <> NEW.status
  BEGIN {_TAKE} {_ADD} END""",
    f"CREATE TRIGGER draftcast_task_removed AFTER DELETE ON draftcast_tasks BEGIN {_TAKE} {_FORGET} END",
)
POSTGRES = (
    f"""CREATE FUNCTION draftcast_count_tasks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP <> 'INSERT' THEN {_TAKE} END IF;
  IF TG_OP <> 'DELETE' THEN {_ADD} END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER draftcast_task_counted AFTER INSERT OR DELETE ON draftcast_tasks
  FOR EACH ROW EXECUTE FUNCTION draftcast_count_tasks()""",
    """CREATE TRIGGER draftcast_task_moved AFTER UPDATE OF status ON draftcast_tasks
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION draftcast_count_tasks()""",
)
_MAY_SEARCH = """SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')
  OR has_database_privilege(current_database(), 'CREATE')
  AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')"""


def upgrade() -> None:
    """Create the indexes, and count and index what is there."""
    for name, columns in INDEXES.items():
        failed = sa.text("error_code IS NOT NULL") if name == "by_error" else None
        op.create_index(
            f"draftcast_tasks_{name}", "draftcast_tasks", columns, sqlite_where=failed, postgresql_where=failed
        )
    op.drop_index("draftcast_tasks_by_url", "draftcast_tasks")
    op.create_table(
        "draftcast_task_counts",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO draftcast_task_counts (owner, status, count)"
        " SELECT owner, status, count(*) FROM draftcast_tasks GROUP BY owner, status"
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()


def _sqlite() -> None:
    op.create_table(
        "draftcast_search_rows",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("task_id", sa.String(32), nullable=False, unique=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sqlite_autoincrement=True,
    )
    for statement in SQLITE:
        op.execute(statement)


def _postgres() -> None:
    """Without the extension, or the right to have it, searches read the tasks one by one."""
    for statement in POSTGRES:
        op.execute(statement)
    if op.get_bind().scalar(sa.text(_MAY_SEARCH)):
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.execute(
            "CREATE INDEX draftcast_tasks_search ON draftcast_tasks"
            " USING gin (draft_url gin_trgm_ops) WITH (fastupdate = off)"
        )
