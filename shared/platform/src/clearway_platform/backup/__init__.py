"""Backups: all databases and the events in transit, as of one moment (docs/adr/0019-upgrades-and-backups.md)."""
