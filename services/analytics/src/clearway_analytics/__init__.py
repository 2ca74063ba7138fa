"""The analytics service: patrol routes, and how risky they are."""
