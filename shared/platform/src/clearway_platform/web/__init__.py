"""The HTTP interface: the parts that all services share."""
