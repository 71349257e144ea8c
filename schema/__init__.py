"""The GraphQL types, made of the records of the services."""
