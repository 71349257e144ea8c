"""Print examples/dify-tool.yaml: `/openapi/tools.json` of a server with default settings, for Dify's custom tools."""

import json
from pathlib import Path

import yaml

from draftcast.api.openapi_tools import tools
from services.settings import load

TARGET = Path(__file__).parent.parent / "examples" / "dify-tool.yaml"
HEAD = "# For Dify: Tools, Custom, Create; put the address at which Dify reaches the server into `servers`.\n"


def main() -> None:
    """Write the file."""
    plain = json.loads(json.dumps(tools(load())))
    TARGET.write_text(HEAD + yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120), "utf-8")


if __name__ == "__main__":
    main()
