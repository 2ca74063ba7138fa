"""The fixtures' Docker way: the suites that stand on Kafka and PostgreSQL pass on those of an engine."""

import os
import subprocess
import sys

import pytest

from clearway_testing.engine import Engine
from clearway_testing.kafka import PROJECT
from clearway_testing.sources import KAFKA_ADDRESS, POSTGRES_ADDRESS

SUITES = ("tests/integration/log", "tests/integration/database", "tests/integration/outbox")


@pytest.mark.containers
@pytest.mark.timeout(900)
def test_the_suites_of_broker_and_database_pass_on_containers(engine: Engine) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in (KAFKA_ADDRESS, POSTGRES_ADDRESS)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "kafka or postgres", *SUITES],
        cwd=PROJECT,
        env={**environment, **engine.variables},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
