"""Materials and compounds of a draft, fetched, examined and laid out."""
