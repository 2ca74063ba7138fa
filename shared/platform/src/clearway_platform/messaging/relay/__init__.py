"""The relay: publishes the outbox to the log, and gives each event its position in the feed."""
