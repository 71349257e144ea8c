"""The sound of the timeline: decoding, volume, and mixing."""
