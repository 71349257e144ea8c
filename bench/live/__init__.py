"""The cost of live delivery, compared with other servers: `make bench-live`."""
