"""The renderer: from a draft to an MP4, as a process of its own (`python -m services.render`)."""
