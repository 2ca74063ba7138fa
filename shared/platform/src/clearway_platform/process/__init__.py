"""One process: its start, its parts, its end."""
