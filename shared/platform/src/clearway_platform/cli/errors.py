"""Failures of a command that began: a server needs none of what a client of the API is made of."""


class RequestFailed(Exception):
    """The command began, and cannot go on. The text says what is wrong, and what to do."""


class NotAvailable(RequestFailed):
    """Clearway does not answer now. The same request may succeed later."""
