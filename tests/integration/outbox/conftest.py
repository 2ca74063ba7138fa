from clearway_testing.plumbing import plumbing

__all__ = ["plumbing"]
