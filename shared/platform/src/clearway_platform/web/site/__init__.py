"""The pages for people: what Clearway is, its documentation, and what a problem means."""
