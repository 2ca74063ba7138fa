"""Photos: what is sent is scanned, cleaned in a process of its own, and kept in a store."""
