"""The tables of this service, and its values as rows."""
