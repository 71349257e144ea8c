"""Materials and compounds of a draft: fetched, examined, drawn, and laid out."""
