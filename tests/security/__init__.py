"""One file for each threat that SECURITY.md numbers."""
