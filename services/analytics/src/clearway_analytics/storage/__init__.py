"""The tables of this service and the scripts that make them."""
