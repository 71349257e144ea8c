"""The filter graph of one stretch of the timeline."""
