"""The routes of the edge and of the ingress, written from the services' own prefixes.

`python -m clearway_shared.edge` writes them, from the root of the repository; `--check` fails when they are stale.
An address is thus the same in one process, behind the compose file's edge and behind a cluster's ingress.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from clearway_shared.service import Service, installed_services

PORT: Final = 8080
_NOTICE: Final = "# Generated from the services' prefixes by `make contracts`. Do not edit."


def main(arguments: Sequence[str]) -> int:
    """Write the routes, or with `--check` compare them. The exit code; 1 when a file is stale."""
    documents = render(installed_services().values())
    if "--check" not in arguments:
        write(documents, Path())
        return 0
    stale = differences(documents, Path())
    for path in stale:
        sys.stderr.write(f"{path} is stale. Run `make contracts` and commit the result.\n")
    return 1 if stale else 0


def render(services: Iterable[Service]) -> dict[Path, str]:
    """What each generated file must hold, by its path from the root of the repository."""
    routes = {service.name: service.prefixes for service in services}
    return {
        Path("deploy/edge/routes.caddy"): caddy_routes(routes),
        Path("deploy/k8s/base/ingress.yaml"): ingress(routes),
    }


def write(documents: Mapping[Path, str], root: Path) -> None:
    for path, text in documents.items():
        (root / path).write_text(text, encoding="utf-8")


def differences(documents: Mapping[Path, str], root: Path) -> list[Path]:
    """The files that are missing or not as they would be written."""
    return [path for path, text in documents.items() if not _holds(root / path, text)]


def caddy_routes(routes: Mapping[str, Sequence[str]]) -> str:
    """One handler per service. A segment is matched whole: `/v1/routes` does not answer for `/v1/routes-old`."""
    blocks = [_caddy_route(name, prefixes) for name, prefixes in routes.items()]
    return "\n".join([_NOTICE, *blocks])


def _caddy_route(name: str, prefixes: Sequence[str]) -> str:
    segments = " ".join(f"/v1/{prefix} /v1/{prefix}/*" for prefix in prefixes)
    return f"@{name} path {segments} {document(name)}\nhandle @{name} {{\n\treverse_proxy {name}:{PORT}\n}}\n"


def ingress(routes: Mapping[str, Sequence[str]]) -> str:
    """The Ingress that gives every service its segments, and its OpenAPI document, under one host."""
    return _INGRESS.format(notice=_NOTICE, paths="".join(_ingress_paths(routes)))


def document(service: str) -> str:
    """Where a service serves its OpenAPI document."""
    return f"/openapi/{service}.json"


def _ingress_paths(routes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for service, prefixes in routes.items():
        for prefix in prefixes:
            yield _INGRESS_PATH.format(path=f"/v1/{prefix}", match="Prefix", service=service)
        yield _INGRESS_PATH.format(path=document(service), match="Exact", service=service)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


_INGRESS: Final = """\
{notice}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: clearway
spec:
  rules:
    - http:
        paths:
{paths}"""

_INGRESS_PATH: Final = """\
          - path: {path}
            pathType: {match}
            backend:
              service:
                name: {service}
                port:
                  name: http
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
