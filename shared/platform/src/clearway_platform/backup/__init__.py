"""Backups: all databases and what is under way, as they were at one moment (docs/adr/0019-upgrades-and-backups.md)."""
