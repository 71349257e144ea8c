"""Other servers under audit, in Python; `tests.audit.peer_target` is their adapter."""
