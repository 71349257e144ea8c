"""Effects, filters, colour tables and masks as ffmpeg filters."""
