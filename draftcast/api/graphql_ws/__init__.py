"""GraphQL over websockets: the graphql-transport-ws protocol."""
