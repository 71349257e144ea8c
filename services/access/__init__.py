"""Access: keys, scopes, rate limits, watch tokens, signed URLs and the audit log."""
