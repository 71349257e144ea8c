"""From the JSON of a draft to typed records."""
