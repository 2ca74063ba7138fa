"""The manifest of each service for Kubernetes, and what kustomize lists: services differ in their rows of the table."""

from __future__ import annotations

from typing import Final

from clearway_platform.settings import database_variable
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
        *([_task(row, "topics", "topics, create", "secrets")] if "kafka" in row.needs else []),
        *([_task(row, "schema", f"migrate, {row.name}", "owner")] if row.database else []),
    ]
    resources = _RESOURCES.format(memory=row.memory)
    running = _container(row, "service", f"run, {row.name}", "secrets", _RUNNING.format(port=port), resources)
    containers = f"{_TASKS}{''.join(tasks)}" * bool(tasks) + f"      containers:\n{running}"
    secrets = "".join(_SECRET.format(variable=name, secret=secret) for name, secret in _databases(row))
    own = _OPTIONAL * (not row.secret_settings)
    owner = _OWNER.format(row=row, variable=database_variable(row.name)) * row.database
    volumes = _VOLUMES.format(row=row, secrets=secrets, own=own, owner=owner)
    return _MANIFEST.format(notice=NOTICE, row=row, port=port, containers=containers, volumes=volumes)


def _task(row: Deployed, name: str, command: str, secrets: str) -> str:
    return _container(row, name, command, secrets, "", _RESOURCES_OF_A_TASK)


def _container(row: Deployed, name: str, command: str, secrets: str, running: str, resources: str) -> str:
    """`secrets`: the volume with its secret settings."""
    own = {"command": command, "secrets": secrets, "running": running, "resources": resources}
    return _CONTAINER.format(name=name, image=row.image, **own)


def _databases(row: Deployed) -> zip[tuple[str, str]]:
    """The settings that name the databases which the pod opens, and the secrets that hold their addresses."""
    return zip(row.databases, row.secrets, strict=True)


_MANIFEST: Final = """\
{notice}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {row.name}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: {row.name}
spec:
  selector:
    app.kubernetes.io/name: {row.name}
  ports:
    - name: http
      port: {port}
      targetPort: http
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {row.name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {row.name}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {row.name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: {row.name}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {row.name}
        app.kubernetes.io/component: service
    spec:
      serviceAccountName: {row.name}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 40
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: {row.name}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
{containers}\
{volumes}"""

_VOLUMES: Final = """\
      volumes:
        - name: scratch
          emptyDir:
            sizeLimit: 64Mi
        # Each file is the setting that its name says. What else of the settings is secret stands in the secret
        # `clearway`, such as a broker URL with a password.
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
{secrets}\
              - secret:
                  name: clearway
                  optional: true
              # Those of this service alone: the others refuse a setting that is not theirs.
              - secret:
                  name: {row.name}-settings
{own}\
{owner}\
        # Those that vouch for Kafka and PostgreSQL.
        - name: authorities
          projected:
            defaultMode: 0444
            sources:
              - secret:
                  name: kafka-authority
                  items: [{{key: ca.crt, path: kafka.crt}}]
              - secret:
                  name: postgresql-authority
                  items: [{{key: ca.crt, path: postgresql.crt}}]
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
            - name: {secrets}
              mountPath: /etc/clearway/secrets
              readOnly: true
            - name: authorities
              mountPath: /etc/clearway/authorities
              readOnly: true
"""

_OPTIONAL: Final = """\
                  optional: true
"""

_OWNER: Final = """\
        # The role that owns the database, for the task that migrates it. The service's own role owns nothing.
        - name: owner
          projected:
            defaultMode: 0440
            sources:
              - secret:
                  name: {row.owner_secret}
                  items: [{{key: url, path: {variable}}}]
"""

_SECRET: Final = """\
              - secret:
                  name: {secret}
                  items: [{{key: url, path: {variable}}}]
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
            # Not /readyz: that events wait, on all replicas perhaps, is no reason to refuse requests.
            httpGet: {{path: /readyz/api, port: http}}
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
