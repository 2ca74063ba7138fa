"""The audit: what was done with keys, refused, exported and read, in a chain per mission that shows a later change."""
