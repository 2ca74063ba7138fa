"""Commands: each changes the ledger in one transaction."""
