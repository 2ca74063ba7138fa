"""Server-sent events over a feed: one reader of the feed a process, any number of clients, no silent gap."""
