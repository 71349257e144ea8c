"""The front door: the application and the command line."""
