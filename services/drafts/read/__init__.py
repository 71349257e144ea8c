"""The reader: from a draft's JSON to typed records."""
