"""A service of the tests."""
