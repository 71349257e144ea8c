"""The Model Context Protocol: tools for agents, over HTTP and stdio."""
