"""The transports: HTTP, websockets, event streams, and the pages and files beside them."""
