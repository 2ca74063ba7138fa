"""Server-sent events from a feed: one reader of the feed in a process, any number of clients, no silent gap."""
