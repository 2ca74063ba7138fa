"""Events out and in: the outbox and its relay, the feed, the inbox, consumers and dead letters."""
