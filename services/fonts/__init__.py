"""Open fonts: fetched, and compared with what a draft needs."""
