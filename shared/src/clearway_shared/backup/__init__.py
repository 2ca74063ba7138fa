"""Backups: every database and the events under way, as they were at one moment (docs/adr/0020-one-moment.md)."""
