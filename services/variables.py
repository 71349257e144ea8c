"""Environment variables that are no settings. The command line needs their names before it reads any setting."""

CONFIG_VARIABLE = "DRAFTCAST_CONFIG"
"""Names the TOML file with settings."""
SERVER_VARIABLE = "DRAFTCAST_SERVER"
"""Where the commands that speak to a running server find it."""
KEY_VARIABLE = "DRAFTCAST_KEY"
"""The key with which they ask it."""
