"""The assets folder, and environment variables that are not settings.

Without further imports: the command line needs these before it loads the settings.
"""

from pathlib import Path

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
"""The folder of files that set-up downloads: fonts, the page and GraphiQL."""
ADDED_FONTS_DIR = ASSETS_DIR / "added-fonts"
"""The folder of fonts that an operator adds, unless DRAFTCAST_FONT_DIRS names another."""
CONFIG_VARIABLE = "DRAFTCAST_CONFIG"
"""The path of the TOML file with settings."""
SERVER_VARIABLE = "DRAFTCAST_SERVER"
"""The address of the server, for commands that call a running one."""
KEY_VARIABLE = "DRAFTCAST_KEY"
"""The key that these commands send."""
