"""The routes of the edge and of the ingress, written from the services' mounts.

An address is thus the same in one process, behind the compose file's edge and behind a cluster's ingress.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from clearway_platform.web.operations import RESERVED
from deploy.topology import Deployed, Topology

ROOT: Final = "/"
# The pages for people and the documents of all services: every process has them, so whichever answers is asked.
# What ends with a slash stands for all that is below it.
DOCUMENTATION: Final = ("/about", "/docs", "/docs/", "/openapi.json", "/asyncapi.json", "/problems", "/problems/")
# What every process answers and nobody outside is to see.
_INSIDE: Final = ("/healthz", "/readyz", "/metrics")
NOTICE: Final = "# Generated from deploy/topology.toml by `make contracts`. Do not edit."


def caddy_routes(topology: Topology) -> str:
    """One handler per service. A segment is matched whole: `/v1/routes` does not answer for `/v1/routes-old`."""
    services = topology.services.values()
    blocks = [_caddy_route(service, topology.port) for service in services]
    pages = [_caddy_page(service, topology.port) for service in services if ROOT in service.mounts]
    return "\n".join([NOTICE, *blocks, _caddy_documentation(topology), *pages])


def _caddy_route(service: Deployed, port: int) -> str:
    paths = [f"{mount} {mount}/*" for mount in service.mounts if mount != ROOT]
    matched = " ".join([*paths, service.document])
    return f"@{service.name} path {matched}\n" + _CADDY_HANDLE.format(
        matcher=service.name, name=service.name, port=port
    )


def _caddy_page(service: Deployed, port: int) -> str:
    """What no other handler answers, but for what belongs to the API or stays inside."""
    matcher = f"{service.name}_page"
    kept = " ".join(f"{path} {path}/*" for path in RESERVED)
    return f"@{matcher} not path {kept}\n" + _CADDY_HANDLE.format(matcher=matcher, name=service.name, port=port)


def _caddy_documentation(topology: Topology) -> str:
    """The first service that answers; one that does not is left alone for a while."""
    paths = " ".join(f"{path}*" if path != ROOT and path.endswith("/") else path for path in _pages(topology))
    upstreams = " ".join(f"{name}:{topology.port}" for name in topology.services)
    return _CADDY_DOCUMENTATION.format(paths=paths, upstreams=upstreams)


def ingress(topology: Topology) -> str:
    """The Ingress that gives every service its mounts, and its OpenAPI document, under one host; the Service that the
    documentation is read from, which is every pod of every service; and one that nothing answers."""
    paths = "".join(_ingress_paths(topology))
    return _INGRESS.format(notice=NOTICE, paths=paths, port=topology.port)


def _ingress_paths(topology: Topology) -> Iterator[str]:
    for service in topology.services.values():
        for mount in service.mounts:
            yield _INGRESS_PATH.format(path=mount, match="Prefix", service=service.name)
        yield _INGRESS_PATH.format(path=service.document, match="Exact", service=service.name)
    for path in (path for path in _pages(topology) if path == ROOT or not path.endswith("/")):
        match = "Prefix" if f"{path}/" in DOCUMENTATION else "Exact"
        yield _INGRESS_PATH.format(path=path, match=match, service="documentation")
    if _has_page(topology):
        yield from (_INGRESS_PATH.format(path=path, match="Prefix", service="closed") for path in _INSIDE)


def _pages(topology: Topology) -> Iterable[str]:
    """The address `/`, which leads to the page about the server, gives way to a service that mounts it."""
    return DOCUMENTATION if _has_page(topology) else (ROOT, *DOCUMENTATION)


def _has_page(topology: Topology) -> bool:
    return any(ROOT in service.mounts for service in topology.services.values())


_CADDY_HANDLE: Final = """\
handle @{matcher} {{
	reverse_proxy {name}:{port}
}}
"""

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
      port: {port}
      targetPort: http
---
# No pod: what stays inside is sent here, or a service that mounts / would answer it.
apiVersion: v1
kind: Service
metadata:
  name: closed
spec:
  ports:
    - name: http
      port: {port}
      targetPort: http
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: clearway
  annotations:
    # Who asks over plain HTTP is sent on, before a key is sent.
    nginx.ingress.kubernetes.io/force-ssl-redirect: "true"
    # A stream is open for ten minutes, and passes as it comes.
    nginx.ingress.kubernetes.io/proxy-read-timeout: "900"
    nginx.ingress.kubernetes.io/proxy-buffering: "off"
    # The largest photo (CLEARWAY_ATTACHMENT_BYTES), and a little more: the service itself refuses what is larger.
    nginx.ingress.kubernetes.io/proxy-body-size: 11m
spec:
  ingressClassName: nginx
  # An overlay names the host. The secret has its certificate, made by hand or, with its annotation, by cert-manager.
  tls:
    - hosts: [clearway.example.org]
      secretName: clearway-tls
  rules:
    - host: clearway.example.org
      http:
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
