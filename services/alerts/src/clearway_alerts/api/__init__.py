"""The HTTP interface: subscriptions and alerts."""
