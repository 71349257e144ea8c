"""The guarded HTTP client, and addresses."""
