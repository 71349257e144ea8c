"""The stream of a video: fragments to watch while it is rendered."""
