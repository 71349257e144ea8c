"""The mixed scene as programs for other engines. Each runs in an environment of its own that the bench makes."""
