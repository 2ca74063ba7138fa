"""What is stored: tables, the versions of stored state, and the statements on them."""
