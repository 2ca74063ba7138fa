"""The OpenAPI document of all services together.

A process in a cluster has one service, but each process serves the joint document: `make openapi` writes it to a file
of the library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any, Final

import clearway_contracts
from clearway_platform.auth.principals import Permission, Role
from clearway_platform.web.document import PERMISSIONS, with_roles

FILE: Final = "openapi.json"
DESCRIPTION: Final = """\
A report of an explosive hazard is sent once; within a second every matching subscriber is warned, and every route near
it is rated again.

Every request carries an API key of one mission: `Authorization: Bearer cwk_…`, made with `clearway keys create`. Its
role determines its permissions. A change carries an `Idempotency-Key`, so that it can be repeated safely, and the
`If-Match` of the revision that its sender has seen. An error is a problem document (RFC 9457): programs compare its
`code`, and its `type` is the address of a page that says what to do. A list has pages: send `next` as `cursor`."""


class Clash(Exception):
    """Two services use one name for different things. Rename one of them."""


def join(documents: Mapping[str, Mapping[str, Any]], permissions: Sequence[Permission]) -> dict[str, Any]:
    """One document from those of the services, by their names, and the permissions of all of them. Raises Clash."""
    first = next(iter(documents.values()))
    whole: dict[str, Any] = {
        "openapi": first["openapi"],
        "info": {**first["info"], "title": "Clearway", "description": DESCRIPTION},
        "servers": first["servers"],
        "tags": [],
        "paths": {},
        "webhooks": {},
        "components": {},
    }
    for document in [with_roles(deepcopy(dict(one)), permissions) for one in documents.values()]:
        _add(whole["paths"], document["paths"], "path")
        _add(whole["webhooks"], document.get("webhooks", {}), "webhook")
        for kind, parts in document["components"].items():
            _add(whole["components"].setdefault(kind, {}), parts, kind)
        whole["tags"] += [tag for tag in document["tags"] if tag not in whole["tags"]]
    return whole


@cache
def shipped() -> bytes:
    """The document of all services of this release."""
    return resources.files(clearway_contracts).joinpath(FILE).read_bytes()


@cache
def permissions_of_role(role: Role) -> tuple[str, ...]:
    """The names of the permissions that a role has in all services, from the shipped document: a process in a cluster
    knows those of its own service alone."""
    found = json.loads(shipped())["components"]["securitySchemes"]["api_key"][PERMISSIONS]
    return tuple(sorted(name for name, said in found.items() if role in said["roles"]))


def written(document: Mapping[str, Any]) -> str:
    """The document as text for the repository."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _add(known: dict[str, Any], new: Mapping[str, Any], kind: str) -> None:
    for name, part in new.items():
        if known.setdefault(name, part) != part:
            raise Clash(f"{kind} {name!r} is not the same in two services")
