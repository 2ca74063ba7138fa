"""The ways by which an alert reaches a subscriber: a package for each."""
