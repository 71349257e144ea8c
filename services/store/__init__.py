"""Tasks and events in a database: one code for SQLite and Postgres."""
