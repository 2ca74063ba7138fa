"""What changes the state of this service, each in one transaction."""
