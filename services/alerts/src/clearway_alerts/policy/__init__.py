"""When a delivery is due."""
