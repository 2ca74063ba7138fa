"""Reading what other systems give out, and giving out what they read."""
