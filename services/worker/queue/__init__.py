"""The queue engine that wakes the workers."""
