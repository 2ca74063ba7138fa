"""The HTTP interface: what is sent, what is answered, and one small router for each purpose."""
