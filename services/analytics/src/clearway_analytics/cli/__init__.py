"""The commands of the analytics service, as clients of the API."""
