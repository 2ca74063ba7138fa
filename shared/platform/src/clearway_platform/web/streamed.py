"""The routes whose bodies are read line by line: the whole has no limit, and each group of lines has its turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

MARK: Final = "x-streamed-body"
STREAMED: Final = {MARK: True}
"""What such a route says of itself, and its OpenAPI document too: `openapi_extra=STREAMED`. `TwoWay` answers it."""


def streamed_paths(apps: Iterable[FastAPI]) -> frozenset[str]:
    """The addresses whose bodies are read in this way. They hold no parameters."""
    routes = (context.original_route for app in apps for context in iter_route_contexts(app.routes))
    marked = (route for route in routes if isinstance(route, APIRoute) and MARK in (route.openapi_extra or {}))
    return frozenset(route.path for route in marked)
