"""Contents of media files: containers, colours, sound tracks, still and moving pictures."""
