"""A service that was started before its databases were migrated and its topics made."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from clearway_testing.platforms import LOCAL, THIS_PROGRAM, ServerProcess
from clearway_testing.server import Server

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(180)]

PATIENCE_SECONDS = 60.0


@pytest.fixture
def environment(own_kafka_server: Server, new_postgres_url: Callable[[], str], tmp_path: Path) -> dict[str, str]:
    """An empty Kafka and empty databases."""
    databases = {f"CLEARWAY_{name}_DATABASE_URL": new_postgres_url() for name in ("ALERTS", "KEYS")}
    return {"CLEARWAY_BROKER_URL": own_kafka_server.url, "CLEARWAY_DATA_DIR": str(tmp_path), **databases, **LOCAL}


@pytest.fixture
async def alerts(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[ServerProcess]:
    server = ServerProcess("alerts", ("run", "alerts"), environment, tmp_path / "alerts.log")
    await server.launch()
    yield server
    await server.stop()


async def clearway(environment: dict[str, str], *arguments: str) -> None:
    command = await asyncio.create_subprocess_exec(*THIS_PROGRAM, *arguments, env={**os.environ, **environment})
    assert await command.wait() == 0


async def missing(client: httpx.AsyncClient, *sentences: str) -> None:
    """Wait until readiness says so, and nothing else."""
    wanted = " ".join(sentences)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await client.get("/readyz")
                if answer.json().get("problems") == {"prerequisites": wanted}:
                    assert answer.status_code == 503
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def measured(client: httpx.AsyncClient, series: str) -> None:
    """Wait until the metrics have it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if series in (await client.get("/metrics")).text:
                return
            await asyncio.sleep(0.1)


async def test_it_says_once_what_is_missing_and_begins_by_itself(
    environment: dict[str, str], alerts: ServerProcess
) -> None:
    keys = "Database `keys` has no tables yet: run `clearway migrate keys`."
    own = "Database `alerts` has no tables yet: run `clearway migrate alerts`."
    names = "incidents.v1, alerts.v1, route-risk.v1, heartbeats.v1, dead-letters.v1"
    topics = f"Kafka has no topic {names}: run `clearway topics create`."
    async with httpx.AsyncClient(base_url=alerts.address, trust_env=False) as client:
        await missing(client, keys, own, topics)
        assert (await client.get("/healthz")).status_code == 200
        refused = await client.get("/v1/alerts")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["detail"] == f"{keys} {own} {topics}"
        # It looks again several times, and says it no second time.
        await asyncio.sleep(4)
        assert alerts.log.read_text().count("not_ready") == 1
        await clearway(environment, "migrate", "keys", "alerts")
        await missing(client, topics)
        await clearway(environment, "topics", "create")
        await alerts.ready()
        assert (await client.get("/v1/alerts")).status_code == 401
    log = alerts.log.read_text()
    assert "Traceback" not in log
    assert "stamina" not in log
    assert len([line for line in log.splitlines() if '"level": "warning"' in line or '"level": "error"' in line]) <= 4


async def test_warnings_do_not_wait_for_the_directory_of_keys(
    environment: dict[str, str], alerts: ServerProcess
) -> None:
    """Requests need it; the consumer that raises alerts, and what delivers them, do not."""
    await clearway(environment, "migrate", "alerts")
    await clearway(environment, "topics", "create")
    async with httpx.AsyncClient(base_url=alerts.address, trust_env=False) as client:
        await missing(client, "Database `keys` has no tables yet: run `clearway migrate keys`.")
        await measured(client, 'clearway_consumer_lag_messages{consumer="alerts"')
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/v1/alerts")).status_code == 503
        await clearway(environment, "migrate", "keys")
        await alerts.ready()
