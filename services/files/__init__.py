"""Where finished files live: a local folder or an object store."""
