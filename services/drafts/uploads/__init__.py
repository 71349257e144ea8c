"""Drafts that callers upload: unpacked, kept for some days, counted by owner."""
