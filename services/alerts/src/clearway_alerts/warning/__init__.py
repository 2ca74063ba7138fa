"""From a revision of an incident to the alerts that it raises: match, decide, store, enqueue, publish, record."""
