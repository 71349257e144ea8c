"""Colour tables made from pictures before and after a filter."""
