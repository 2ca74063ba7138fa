"""Where checkpoints are written to: outside the databases, each place apart from the others."""
