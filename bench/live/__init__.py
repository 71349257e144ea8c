"""What live delivery costs, beside what else could deliver the same: `make bench-live`."""
