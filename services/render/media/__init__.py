"""What a material's file holds: containers, colours, sound tracks, still and moving pictures."""
