"""The HTTP interface: routes and their risk."""
