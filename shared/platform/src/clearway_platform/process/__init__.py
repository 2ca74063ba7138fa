"""One process: start, parts and end."""
