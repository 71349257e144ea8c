"""Which family an effect, a transition or an animation belongs to, by id and by name."""
