"""A black-box audit of live GraphQL, over graphql-transport-ws, server-sent events and multipart HTTP.

It knows a server by its address and by an adapter, a `Target`, that names what to subscribe to and causes events.
`python -m tests.audit NAME...` audits servers and prints a table.
"""
