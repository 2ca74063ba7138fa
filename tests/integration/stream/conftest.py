from clearway_shared.testing.plumbing import plumbing

__all__ = ["plumbing"]
