"""The list and the event stream as a channel: nothing is sent."""
