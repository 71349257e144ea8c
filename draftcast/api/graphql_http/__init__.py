"""GraphQL over HTTP: single results, server-sent events and multipart."""
