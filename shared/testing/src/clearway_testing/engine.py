"""A Docker engine for tests: the one that answers on this machine, else one that is started here as root.

One that is started here reaches no registry of images: it gets stand-ins, from Debian's packages and from the jars of
Maven Central (tests/containers/standins). It keeps its images in `.cache/engine`, so that they are made once.

    python -m clearway_testing.engine       makes the engine's images, which takes minutes the first time
"""

import fcntl
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clearway_platform.service import service_names
from clearway_testing.compose_plugin import plugin_folder
from clearway_testing.containers import KAFKA_IMAGE, POSTGRES_IMAGE, has_docker_engine
from clearway_testing.kafka import PROJECT, fetch_libraries
from clearway_testing.server import Unavailable, await_ready

FOLDER: Final = PROJECT / ".cache/engine"
STANDINS: Final = PROJECT / "tests/containers/standins"
DEBIAN: Final = "bookworm"
BASE_TAG: Final = f"3.11-slim-{DEBIAN}"
BASE_IMAGE: Final = f"python:{BASE_TAG}"
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
# One engine at a time on a machine: two would share the bridge and the rules of the firewall.
MACHINE_LOCK: Final = Path(tempfile.gettempdir()) / "clearway-engine.lock"


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine; `variables` point Docker's command line and its libraries at it."""

    variables: Mapping[str, str]

    def docker(
        self, *arguments: str, seconds: float = 300, folder: Path | None = None, more: Mapping[str, str] | None = None
    ) -> str:
        """The output of a command. Raises AssertionError with all its output when it fails."""
        done = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=folder,
            env={**os.environ, **self.variables, **(more or {})},
            check=False,
        )
        assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done.stdout

    @property
    def has_standins(self) -> bool:
        """Whether it was started here: a stand-in has the tag of an image, and not its digest."""
        return bool(self.variables)

    def size(self, image: str) -> int:
        """Bytes on disk, with those of its base image."""
        return int(self.docker("image", "inspect", "--format", "{{.Size}}", image))


@contextmanager
def running_engine() -> Iterator[Engine]:
    """An engine that can build and compose. One that was started here is stopped at the end. Raises Unavailable."""
    if has_docker_engine() and _has_compose():
        yield Engine({})
        return
    for program in ("dockerd", "debootstrap", "docker"):
        if shutil.which(program) is None:
            raise Unavailable(
                f"a Docker engine is needed, or `{program}` to start one (Debian: docker.io, debootstrap)"
            )
    if os.geteuid() != 0:
        raise Unavailable("a Docker engine is needed; to start one here takes root")
    with MACHINE_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _started() as engine:
            _make_standins(engine)
            yield engine


def _has_compose() -> bool:
    try:
        return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def _started() -> Iterator[Engine]:
    configuration = plugin_folder(FOLDER)
    with tempfile.TemporaryDirectory(prefix="clearway-engine-") as runtime, (FOLDER / "dockerd.log").open("wb") as log:
        address = f"unix://{runtime}/docker.sock"
        places = {
            "host": address,
            "data-root": FOLDER / "data",
            "exec-root": f"{runtime}/exec",
            "pidfile": f"{runtime}/pid",
        }
        options = [f"--{name}={place}" for name, place in places.items()]
        daemon = subprocess.Popen(
            ["dockerd", *options, "--default-ulimit=nofile=16384:16384"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            await_ready(Path(runtime, "docker.sock").exists, seconds=60, process=daemon, log=FOLDER / "dockerd.log")
            engine = Engine(
                {
                    "DOCKER_HOST": address,
                    "DOCKER_CONFIG": str(configuration),
                    "DOCKER_BUILDKIT": "0",
                    "TESTCONTAINERS_RYUK_DISABLED": "true",
                }
            )
            engine.docker("version")
            yield engine
        finally:
            daemon.terminate()
            try:
                daemon.wait(60)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait(10)


def _make_standins(engine: Engine) -> None:
    """The missing images; the engine's own cache skips unchanged steps."""
    if not engine.docker("images", "--quiet", BASE_IMAGE):
        _make_base(engine)
    with tempfile.TemporaryDirectory(prefix="clearway-standins-") as folder:
        context = Path(shutil.copytree(STANDINS, folder, dirs_exist_ok=True))
        shutil.copytree(fetch_libraries(), context / "libs")
        for image, name in ((KAFKA_IMAGE, "kafka"), (POSTGRES_IMAGE, "postgres"), ("caddy:2", "caddy")):
            recipe = str(context / f"{name}.Dockerfile")
            engine.docker("build", "--quiet", "--tag", image, "--file", recipe, folder, seconds=900)


def _make_base(engine: Engine) -> None:
    """Debian with its Python, and the certificates that this machine trusts."""
    with tempfile.TemporaryDirectory(prefix="clearway-debian-") as folder:
        root = Path(folder)
        packages = "--include=ca-certificates,python3,python3-venv"
        command = ["debootstrap", "--variant=minbase", packages, DEBIAN, folder, *_mirror()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode != 0:
            raise Unavailable(f"Debian could not be installed into an image: {done.stdout[-2000:]}{done.stderr[-500:]}")
        for archive in (root / "var/cache/apt").rglob("*.*"):
            archive.unlink()
        (root / "usr/bin/python").symlink_to("python3")
        trusted = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or CERTIFICATES
        shutil.copyfile(trusted, root / CERTIFICATES[1:])
        variables = [f"ENV {name}={CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")]
        changes = [part for line in (*variables, "ENV LANG=C.UTF-8", 'CMD ["python"]') for part in ("--change", line)]
        tarball = root.parent / f"{root.name}.tar"
        try:
            subprocess.run(["tar", "-C", folder, "-cf", str(tarball), "."], check=True, timeout=300)
            engine.docker("import", *changes, str(tarball), BASE_IMAGE)
        finally:
            tarball.unlink(missing_ok=True)


def _mirror() -> Sequence[str]:
    """Where this machine's own packages come from, when it runs the same Debian."""
    command = ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(SITE)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return [line.split()[2] for line in listed if line.startswith(f"{DEBIAN} main ")][:1]


def build_product(engine: Engine) -> None:
    """Clearway's own images, of which a later build of the same files takes every layer."""
    for name in service_names():
        arguments = [part for one in (f"SERVICE={name}", f"PYTHON={BASE_TAG}") for part in ("--build-arg", one)]
        engine.docker("build", "--quiet", *arguments, "--tag", f"clearway-{name}", ".", folder=PROJECT, seconds=900)


if __name__ == "__main__":
    with running_engine() as prepared:
        build_product(prepared)
        sys.stdout.write(prepared.docker("images"))
