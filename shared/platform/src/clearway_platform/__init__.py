"""What every service stands on: log, messaging, databases, web, keys, the process and its command line."""
