"""The image that holds everything, started by the lines of the operator's guide: its volume outlives its process."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from clearway_testing.compose import copy_of_repository
from clearway_testing.engine import BASE_IMAGE, Engine
from clearway_testing.platforms import SERVICES
from clearway_testing.readme import commands_of
from clearway_testing.server import LOOPBACK, await_ready, free_port

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

MOST_OVER_BASE = 250_000_000
OPENAPI = Path(__file__).parents[2] / "shared/contracts/src/clearway_contracts/openapi.json"
REPORT = {
    "time": {"occurred_at": "2026-03-01T06:00:00Z", "precision": "minute"},
    "location": {"point": {"type": "Point", "coordinates": [-30.1, 10.025]}, "precision": "gps"},
    "category": "ied",
    "outcome": "found_not_cleared",
    "hazard_state": "active",
}


class Office:
    """The container of a field office, under a name and on a port of its own."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder
        self.name, self._port = f"clearway-test-{uuid4().hex[:8]}", free_port()
        self._build, self._run = commands_of(folder / "docs/guide/operator.md", "docker build")

    def build(self) -> None:
        self._engine.docker(*self._build.split()[1:], seconds=900, folder=self._folder)

    def run(self) -> None:
        here = self._run.replace("--name clearway", f"--name {self.name}")
        here = here.replace("--volume clearway:", f"--volume {self.name}:").replace(":8080:", f":{self._port}:")
        self._engine.docker(*here.split()[1:])
        self.await_healthy()

    def await_healthy(self) -> None:
        await_ready(lambda: self.inspect("{{.State.Health.Status}}") == "healthy", seconds=120, every=0.3)

    def inspect(self, what: str) -> str:
        return self._engine.docker("inspect", "--format", what, self.name).strip()

    def do(self, command: str) -> None:
        self._engine.docker(*command.split(), self.name)

    def inside(self, *command: str) -> str:
        return self._engine.docker("exec", self.name, *command)

    def remove(self) -> None:
        self._engine.docker("rm", "--force", self.name)
        self._engine.docker("volume", "rm", "--force", self.name)

    def client(self) -> httpx.Client:
        key = self.inside("cat", "/var/lib/clearway/admin.key").strip()
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "first"}
        return httpx.Client(base_url=f"http://{LOOPBACK}:{self._port}", headers=headers, trust_env=False, timeout=30)


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Iterator[Office]:
    office = Office(engine, copy_of_repository(tmp_path, engine))
    office.build()
    office.run()
    yield office
    office.remove()


def test_a_field_office_keeps_its_reports(office: Office, engine: Engine) -> None:
    with office.client() as client:
        accepted = client.post("/v1/incidents", json=REPORT)
        assert accepted.status_code == 201, accepted.text
        address = f"/v1/incidents/{accepted.json()['incident_id']}"
        office.do("kill --signal KILL")
        office.do("start")
        office.await_healthy()
        assert client.get(address).json() == accepted.json()
        office.do("rm --force")
        office.run()
        assert client.get(address).json() == accepted.json()
        assert {client.get(f"/v1/{part}").status_code for part in ("alerts", "routes", "subscriptions")} == {200}
    assert office.inside("id", "-u").strip() == "10001"
    assert office.inside("stat", "--format", "%a %U", "/var/lib/clearway").split() == ["700", "clearway"]
    assert json.loads(office.inspect("{{json .Config.Volumes}}")) == {"/var/lib/clearway": {}}
    assert engine.size("clearway") - engine.size(BASE_IMAGE) <= MOST_OVER_BASE


def test_it_ends_in_good_order_when_it_is_asked_to(office: Office) -> None:
    office.do("stop --time 30")
    assert office.inspect("{{.State.ExitCode}}") == "0"


def test_it_holds_what_runs_and_answers_with_its_documents(office: Office) -> None:
    listing = "import importlib.metadata as m; print(*sorted({d.name for d in m.distributions()}))"
    installed = office.inside("python", "-c", listing).split()
    ours = [name.replace("_", "-") for name in installed if name.startswith("clearway")]
    assert ours == [f"clearway-{part}" for part in sorted((*SERVICES, "contracts", "platform"))]
    with office.client() as client:
        assert client.get("/openapi.json").json() == json.loads(OPENAPI.read_text())
        assert client.get("/asyncapi.json").json()["asyncapi"] == "3.0.0"
