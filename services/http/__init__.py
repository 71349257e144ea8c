"""The guarded HTTP client, URLs and their redaction."""
