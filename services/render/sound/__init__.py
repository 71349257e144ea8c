"""The sound of the timeline: mixing and volume."""
