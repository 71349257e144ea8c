"""The task manager: what was asked for, where it stands, and who is told."""
