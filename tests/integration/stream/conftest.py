"""These tests stand on the plumbing of a service that has no domain."""

from clearway_testing.plumbing import plumbing

__all__ = ["plumbing"]
