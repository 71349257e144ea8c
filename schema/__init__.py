"""What clients can ask: the GraphQL types, and where a record becomes what clients see."""
