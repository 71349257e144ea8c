"""The polling endpoint in capcut-mate's documented form."""
