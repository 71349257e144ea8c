"""The timeline: layers, transitions, effects and sounds, in frames and pixels."""
