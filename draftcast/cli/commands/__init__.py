"""The commands, by what they need: the service's own parts, nothing, a running server, the database."""
