"""The HTTP interface: request bodies, answers, and one router for each subject."""
