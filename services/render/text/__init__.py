"""Captions: fonts, shaping, layout, painting."""
