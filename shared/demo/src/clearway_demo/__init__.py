"""A synthetic theatre that moves, for a first look. It knows only the public API."""
