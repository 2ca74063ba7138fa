"""A map with 100,000 incidents, beside the empty map of the same run."""
