"""A signed POST for each alert (Standard Webhooks 1.0)."""
