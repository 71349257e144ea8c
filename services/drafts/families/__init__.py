"""Families of effects, transitions and animations, by id and by name."""
