"""Changes as they happen: the notifier between processes, the task cache, and the subscribers' queues."""
