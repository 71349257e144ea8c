"""From a draft to an MP4. A program of its own: `python -m services.render`."""
