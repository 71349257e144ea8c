"""The work queue: which job runs next, and in which process."""
