"""Backups: all databases and the events under way, as they were at one moment (docs/adr/0019-upgrades-and-backups.md)."""
