"""How many rows a second a bulk import takes, and its consumers, beside the bare driver."""
