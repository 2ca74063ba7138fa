"""The manifest of each service for Kubernetes, and what kustomize lists: services differ in their rows of the table."""

from __future__ import annotations

from typing import Final

from deploy.edge_routes import NOTICE
from deploy.parts import with_parts
from deploy.topology import Deployed, Topology


def manifests(topology: Topology) -> dict[str, str]:
    """The manifest of each service, by the name of its file."""
    return {f"{row.name}.yaml": _manifest(row, topology.port) for row in topology.services.values()}


def with_images(kustomization: str, topology: Topology, version: str) -> str:
    """The kustomization with the manifests and the images of the services, which have this version."""
    rows = topology.services.values()
    listed = "".join(f"  - {row.name}.yaml\n" for row in rows)
    images = "".join(f"  - name: {row.image}\n    newTag: {version}\n" for row in rows)
    return with_parts(kustomization, listed, images)


def _manifest(row: Deployed, port: int) -> str:
    tasks = [
        *([_task(row, "topics", "topics, create")] if "kafka" in row.needs else []),
        *([_task(row, "schema", f"migrate, {row.name}", _environment(row))] if row.database else []),
    ]
    resources = _RESOURCES.format(memory=row.memory)
    running = _container(row, "service", f"run, {row.name}", _environment(row), _RUNNING.format(port=port), resources)
    containers = f"{_TASKS}{''.join(tasks)}" * bool(tasks) + f"      containers:\n{running}"
    return _MANIFEST.format(notice=NOTICE, name=row.name, port=port, containers=containers)


def _task(row: Deployed, name: str, command: str, environment: str = "") -> str:
    return _container(row, name, command, environment, "", _RESOURCES_OF_A_TASK)


def _container(row: Deployed, name: str, command: str, environment: str, running: str, resources: str) -> str:
    return _CONTAINER.format(
        name=name, image=row.image, command=command, environment=environment, running=running, resources=resources
    )


def _environment(row: Deployed) -> str:
    """The databases that the container opens; their addresses are secrets."""
    variables = zip(row.databases, row.secrets, strict=True)
    return "          env:\n" + "".join(_SECRET.format(variable=name, secret=secret) for name, secret in variables)


_MANIFEST: Final = """\
{notice}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: {port}
      targetPort: http
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/component: service
    spec:
      serviceAccountName: {name}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 40
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: {name}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
{containers}\
      volumes:
        - name: scratch
          emptyDir:
            sizeLimit: 64Mi
"""

_TASKS: Final = """\
      initContainers:
        # They do nothing when there is nothing to do; pods that start together take turns.
"""

_CONTAINER: Final = """\
        - name: {name}
          image: {image}
          command: [clearway, {command}]
          envFrom:
            - configMapRef:
                name: clearway
            # What of the settings is secret: a broker URL with a password, a collector's token.
            - secretRef:
                name: clearway
                optional: true
{environment}\
{running}\
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          resources:
{resources}\
          volumeMounts:
            - name: scratch
              mountPath: /tmp
              subPath: tmp
            - name: scratch
              mountPath: /var/lib/clearway
              subPath: data
"""

_SECRET: Final = """\
            - name: {variable}
              valueFrom:
                secretKeyRef:
                  name: {secret}
                  key: url
"""

_RUNNING: Final = """\
          ports:
            - name: http
              containerPort: {port}
          startupProbe:
            httpGet: {{path: /healthz, port: http}}
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: {{path: /healthz, port: http}}
            periodSeconds: 10
            timeoutSeconds: 3
          readinessProbe:
            httpGet: {{path: /readyz, port: http}}
            periodSeconds: 5
            timeoutSeconds: 3
          lifecycle:
            preStop:
              # The ingress learns that this pod leaves before it stops listening.
              sleep:
                seconds: 5
"""

_RESOURCES: Final = """\
            # No processor limit: a burst of reports may use what is idle.
            requests: {{cpu: 200m, memory: 256Mi}}
            limits: {{memory: {memory}}}
"""

_RESOURCES_OF_A_TASK: Final = """\
            requests: {cpu: 50m, memory: 128Mi}
            limits: {memory: 512Mi}
"""
