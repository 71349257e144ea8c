"""The task manager and draft reports."""
