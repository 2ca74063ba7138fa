"""Reading the record: incidents, their revisions, and what was retracted."""
