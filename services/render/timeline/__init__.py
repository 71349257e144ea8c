"""What is seen and heard when, in frames and pixels."""
