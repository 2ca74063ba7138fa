"""The platform of every service: log, messaging, databases, web, keys, the process and its command line."""
