"""The picture: chunks of the timeline and their ffmpeg filter graphs."""
