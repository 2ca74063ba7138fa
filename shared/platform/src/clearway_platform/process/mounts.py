"""Mounts: the service of each path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from clearway_platform.service import Service
from clearway_platform.web.operations import RESERVED

_FORM: Final = re.compile(r"^/$|^(/[A-Za-z0-9._~-]+)+(:[a-z-]+)?$")


class MountClash(Exception):
    """A mount is not a path, or belongs to another service or to the platform."""


def owners_of(services: Iterable[Service]) -> dict[str, Service]:
    """The service of each mount. Raises MountClash."""
    owners: dict[str, Service] = {}
    for service in services:
        for mount in service.mounts:
            _check(mount, service, owners.get(mount))
            owners[mount] = service
    return owners


def _check(mount: str, service: Service, other: Service | None) -> None:
    if not _FORM.match(mount):
        raise MountClash(
            f"Service `{service.name}` mounts {mount!r}: a mount is a path as /v1/things or /v1/things:act, or / alone."
        )
    if mount in RESERVED:
        raise MountClash(f"Service `{service.name}` mounts {mount}, which the platform answers. Choose another path.")
    if other is not None:
        raise MountClash(
            f"Services `{other.name}` and `{service.name}` both mount {mount}. Uninstall one, or change its mount."
        )
