"""Logs, traces and stream counters."""
