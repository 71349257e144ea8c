"""What sets things up, or tries the set-up out."""
