"""These tests stand on the plumbing of a service that has no domain."""

from clearway_testing.plumbing import plumbing, scripts_run

__all__ = ["plumbing", "scripts_run"]
