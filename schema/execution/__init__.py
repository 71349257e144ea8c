"""The execution of operations: parsing, limits, compilation, shared subscriptions."""
