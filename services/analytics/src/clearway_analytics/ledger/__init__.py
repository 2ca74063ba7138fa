"""The ledger: the rows of missions, routes, incidents and contributions, how they are read, and how they change."""
