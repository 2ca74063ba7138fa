"""The stream as a channel: subscribers read alerts by themselves."""
