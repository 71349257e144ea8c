"""The exporter protocol, for both ends: one JSON object on stdin, one JSON object per line on stdout.

`docs/exporter.md` describes it for authors of exporters. The renderer imports it before everything else, so it needs
nothing but the standard library.
"""
