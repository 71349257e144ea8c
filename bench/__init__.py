"""Benchmarks, the source of all figures in the documents: `make bench`."""
