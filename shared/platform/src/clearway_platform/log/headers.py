"""A message's headers as readable text, where a database keeps them."""

from pydantic_core import from_json, to_json

from clearway_platform.log.base import Headers


def headers_as_text(headers: Headers) -> str:
    """JSON. Latin-1 gives every byte a character, and escaping keeps NUL out of PostgreSQL's text."""
    return to_json([(name, value.decode("latin-1")) for name, value in headers]).decode()


def headers_of_text(text: str) -> Headers:
    return tuple((name, value.encode("latin-1")) for name, value in from_json(text))
