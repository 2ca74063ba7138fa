"""The command line: `clearway`."""
