"""The page about this server: what it is, its state, the documentation, and how to get a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from clearway_platform.auth.principals import Permission, Role
from clearway_platform.web.site.page import command, heading, link, listed, page, paragraph, table

_WHAT: Final = (
    "A report of an explosive hazard is sent once. Within a second every matching subscriber is warned, and every "
    "route near it is rated again. This is the server; programs use it through its API."
)
_KEY: Final = (
    "Every request carries an API key of one mission. Your mission's administrator makes one, on the machine that "
    "holds the keys:"
)
_FIRST: Final = (
    "The first start of `make up` writes an administrator's key to `data/admin.key` (with the demonstration, "
    "`data/demo/admin.key`)."
)


def about(
    services: Sequence[str],
    permissions: Sequence[Permission],
    vital: Mapping[str, str | None],
    other: Mapping[str, str | None],
) -> HTMLResponse:
    """`vital` and `other` are the parts of this process, each with its problem or None."""
    allowed = {role: sorted(item.name for item in permissions if item.belongs_to(role)) for role in Role}
    return page(
        "Clearway",
        heading("Clearway"),
        paragraph(_WHAT),
        heading("Does it work?", 2),
        _state(services, vital, other),
        heading("Documentation", 2),
        listed(
            [
                f"{link('/docs', 'The API, to read and to try')} (as data: {link('/openapi.json', 'OpenAPI')})",
                f"{link('/asyncapi.json', 'The events')}, for programs that read them from Kafka (AsyncAPI)",
                link("/problems", "What each problem means, and what to do"),
            ]
        ),
        heading("A key", 2),
        paragraph(_KEY),
        command("clearway keys create --mission MISSION --role ROLE"),
        table(("role", "may"), [(escape(role), escape(", ".join(names))) for role, names in allowed.items()]),
        paragraph(_FIRST),
    )


def _state(services: Sequence[str], vital: Mapping[str, str | None], other: Mapping[str, str | None]) -> str:
    failing = [name for name, problem in vital.items() if problem]
    degraded = [name for name, problem in other.items() if problem]
    if failing:
        said, mark = "No: requests fail until this is repaired.", "bad"
    elif degraded:
        said, mark = "In part: reports are accepted and stored, and published when this is repaired.", "part"
    else:
        said, mark = "Yes: every part works.", "good"
    rows = [(escape(name), _mark(problem)) for name, problem in [*vital.items(), *other.items()]]
    scope = f"This is the state of one process, with the services: {', '.join(services)}."
    return paragraph(said, mark) + table(("part", "state"), rows) + paragraph(scope, "quiet")


def _mark(problem: str | None) -> str:
    return f'<span class="bad">{escape(problem)}</span>' if problem else '<span class="good">works</span>'
