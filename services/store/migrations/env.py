"""Alembic's entry: it runs the steps on the connection that `database.migrate` hands over."""

from alembic import context

from services.store.tables import metadata

VERSION_TABLE = "draftcast_version"

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
