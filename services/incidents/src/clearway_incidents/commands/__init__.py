"""What changes the record. Each command runs inside the caller's transaction."""
