"""Set-up, and generators of files in the repository."""
