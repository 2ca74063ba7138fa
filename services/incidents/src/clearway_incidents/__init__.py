"""The incidents service: the system of record."""
