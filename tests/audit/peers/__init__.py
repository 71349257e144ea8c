"""Other servers under audit, all with one schema; `tests.audit.peer_target` is their adapter."""
