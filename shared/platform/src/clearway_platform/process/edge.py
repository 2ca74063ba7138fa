"""The routes of the edge and of the ingress, written from the services' own prefixes.

`python -m clearway_platform.process.edge` writes them, from the root of the repository; `--check` fails when they are
stale. An address is thus the same in one process, behind the compose file's edge and behind a cluster's ingress.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from clearway_platform.service import Service, installed_services

PORT: Final = 8080
# The pages for people and the documents of all services: every process has them, so whichever answers is asked.
# What ends with a slash stands for all that is below it.
DOCUMENTATION: Final = ("/", "/docs", "/docs/", "/openapi.json", "/asyncapi.json", "/problems", "/problems/")
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
    routes = {service.name: service.mounts for service in services}
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
    return "\n".join([_NOTICE, *blocks, _caddy_documentation(routes)])


def _caddy_route(name: str, prefixes: Sequence[str]) -> str:
    segments = " ".join(f"{prefix} {prefix}/*" for prefix in prefixes)
    return f"@{name} path {segments} {document(name)}\nhandle @{name} {{\n\treverse_proxy {name}:{PORT}\n}}\n"


def _caddy_documentation(services: Iterable[str]) -> str:
    """The first service that answers; one that does not is left alone for a while."""
    paths = " ".join(f"{path}*" if path != "/" and path.endswith("/") else path for path in DOCUMENTATION)
    upstreams = " ".join(f"{name}:{PORT}" for name in services)
    return _CADDY_DOCUMENTATION.format(paths=paths, upstreams=upstreams)


def ingress(routes: Mapping[str, Sequence[str]]) -> str:
    """The Ingress that gives every service its segments, and its OpenAPI document, under one host; and the Service that
    the documentation is read from, which is every pod of every service."""
    return _INGRESS.format(notice=_NOTICE, paths="".join(_ingress_paths(routes)))


def document(service: str) -> str:
    """Where a service serves its OpenAPI document."""
    return f"/openapi/{service}.json"


def _ingress_paths(routes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for service, prefixes in routes.items():
        for prefix in prefixes:
            yield _INGRESS_PATH.format(path=prefix, match="Prefix", service=service)
        yield _INGRESS_PATH.format(path=document(service), match="Exact", service=service)
    for path in DOCUMENTATION:
        below = path != "/" and path.endswith("/")
        if not below:
            match = "Prefix" if f"{path}/" in DOCUMENTATION else "Exact"
            yield _INGRESS_PATH.format(path=path, match=match, service="documentation")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


_CADDY_DOCUMENTATION: Final = """\
@documentation path {paths}
handle @documentation {{
	reverse_proxy {upstreams} {{
		lb_policy first
		lb_try_duration 5s
		fail_duration 10s
	}}
}}
"""

_INGRESS: Final = """\
{notice}
# Every pod of every service has the documentation of all of them.
apiVersion: v1
kind: Service
metadata:
  name: documentation
spec:
  selector:
    app.kubernetes.io/component: service
  ports:
    - name: http
      port: 8080
      targetPort: http
---
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
