"""The operations that no quota may ever refuse: those by which a warning is withdrawn, ended or taken note of."""

from __future__ import annotations

from typing import Final

from fastapi.routing import APIRoute

MARK: Final = "x-never-limited"
NEVER_LIMITED: Final = {MARK: True}
"""What such a route says of itself, and its OpenAPI document too: `openapi_extra=NEVER_LIMITED`."""


def is_never_limited(route: object) -> bool:
    """Whether requests to the route are never counted and never refused."""
    return isinstance(route, APIRoute) and bool((route.openapi_extra or {}).get(MARK))
