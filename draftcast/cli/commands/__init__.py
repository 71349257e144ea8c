"""The commands: of the service, without a server, with a running server, and of keys."""
