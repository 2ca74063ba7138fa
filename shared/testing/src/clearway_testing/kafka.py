"""A one-node Apache Kafka (KRaft) as a child process, from the jars of Maven Central."""

import base64
import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

from clearway_testing.server import LOOPBACK, Unavailable, accepts_connections, await_ready, free_port

VERSION: Final = "4.3.1"
PROJECT: Final = Path(__file__).resolve().parents[4]
LIBRARIES: Final = PROJECT / ".cache" / f"kafka-{VERSION}" / "libs"
# The classes that a broker loads, as Java keeps them. A Java of another version passes it over.
CLASSES: Final = LIBRARIES.parent / "classes.jsa"

POM: Final = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>clearway.testing</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""

# The two session lines at the end bring a broker that was killed back in 4 s instead of 13 s.
CONFIGURATION: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=2000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""

# A broker for minutes on a small machine: the optimising compiler would take more of it than it gives back.
JVM_OPTIONS: Final = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class KafkaServer:
    """Kafka on a free loopback port, its data in `directory`."""

    def __init__(
        self, directory: Path, *, more: str = "", format_options: Sequence[str] = (), java_options: Sequence[str] = ()
    ) -> None:
        """`more` are lines of configuration, which win over those of the same name before them."""
        self._directory = directory
        self._port, controller_port = free_port(), free_port()
        self._configuration = directory / "server.properties"
        self._format_options = tuple(format_options)
        self._java_options = tuple(java_options)
        self._log = directory / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        places = {"host": LOOPBACK, "port": self._port, "controller_port": controller_port, "data": directory / "data"}
        self._configuration.write_text((CONFIGURATION + more).format(**places))

    @property
    def url(self) -> str:
        return f"kafka://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        if not (self._directory / "data").exists():
            self._format()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_java(*self._java_options), "kafka.Kafka", str(self._configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._directory,
                start_new_session=True,
            )
        await_ready(lambda: accepts_connections(self._port), seconds=90, process=self._process, log=self._log)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        # With "=", since an id may begin with a hyphen and would be taken for an option.
        identity = f"--cluster-id={cluster}"
        command = ["kafka.tools.StorageTool", "format", "--standalone", identity, "-c", str(self._configuration)]
        command += self._format_options
        done = subprocess.run([*_java(), *command], capture_output=True, text=True, timeout=90, check=False)
        if done.returncode != 0:
            raise Unavailable(f"Kafka's storage could not be prepared: {done.stdout[-500:]}{done.stderr[-1000:]}")


def fetch_libraries() -> Path:
    """The directory of Kafka's jars, fetched once for the project (44 MB)."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise Unavailable(f"Kafka needs `{program}` (or a Docker engine, or CLEARWAY_TEST_KAFKA=kafka://host:port)")
    LIBRARIES.parent.mkdir(parents=True, exist_ok=True)
    with (LIBRARIES.parent / "fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not LIBRARIES.exists():
            _run_maven(LIBRARIES)
        if not CLASSES.exists():
            _keep_classes()
    return LIBRARIES


def _run_maven(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        (Path(scratch) / "pom.xml").write_text(POM)
        command = [
            "mvn",
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DoutputDirectory=libs",
            "-DincludeScope=runtime",
        ]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise Unavailable(f"Maven could not fetch Kafka {VERSION}: {done.stdout[-1000:]}")
        (Path(scratch) / "libs").rename(target)


def _keep_classes() -> None:
    """Start a broker once to keep what it loads: each one after it starts in half of the time."""
    with tempfile.TemporaryDirectory(dir=CLASSES.parent) as scratch:
        kept = Path(scratch) / CLASSES.name
        broker = KafkaServer(Path(scratch) / "broker", java_options=[f"-XX:ArchiveClassesAtExit={kept}"])
        broker.start()
        broker.stop()
        if kept.exists():
            kept.rename(CLASSES)


def _java(*options: str) -> list[str]:
    kept = [f"-XX:SharedArchiveFile={CLASSES}"] if CLASSES.exists() else []
    return ["java", *JVM_OPTIONS, *kept, *options, "-cp", f"{LIBRARIES}/*"]
