"""The mark of routes that read their body line by line, while they answer it: `TwoWay` does, of a `LargeBody`."""

from typing import Final

MARK: Final = "x-streamed-body"
STREAMED: Final = {MARK: True}
"""What such a route says of itself in its OpenAPI document: `openapi_extra=STREAMED`. Its body has no limit."""
