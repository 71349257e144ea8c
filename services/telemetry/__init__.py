"""Logs, traces and stream metrics."""
