"""Checkpoints of the audit's chains, signed and written outside the databases, and the check of both."""
