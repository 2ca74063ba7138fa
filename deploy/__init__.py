"""How Clearway is deployed: one table of the services, what is written from it, and what is checked against it."""
