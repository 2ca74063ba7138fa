"""The alerts service: who is warned of what, and how a warning reaches them."""
