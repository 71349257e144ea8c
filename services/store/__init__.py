"""The store: tasks, events, workers and webhooks in SQLite or PostgreSQL."""
