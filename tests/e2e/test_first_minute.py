"""The README's first minute and first warning, typed as they stand there, on the embedded default."""

import ast
import asyncio
import base64
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from clearway_testing.documented import blocks
from clearway_testing.platforms import ServerProcess, free_port

README = Path(__file__).resolve().parents[2] / "README.md"
MINUTE = blocks(README, "The first minute")
WARNING = blocks(README, "The first warning")
SECONDS = 60.0


def only(texts: list[str]) -> str:
    (text,) = texts
    return text


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """What the README's `make up` starts, in a folder of its own."""
    start = only([block.text for block in WARNING if "make up" in block.text])
    found = re.fullmatch(r"(CLEARWAY_\w+)=(\S+) make up", start.strip())
    assert found is not None
    server = ServerProcess("all", ("up", "--data", str(tmp_path / "data")), {found[1]: found[2]}, tmp_path / "up.log")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def typed(server: ServerProcess, tmp_path: Path) -> Callable[[str], str]:
    """The README's text with the addresses of this test."""
    receiver = free_port()
    return lambda text: text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}").replace("9000", str(receiver))


async def run(command: str, folder: Path) -> str:
    """What the shell prints. Fails when the command does."""
    shell = await asyncio.create_subprocess_exec("bash", "-euo", "pipefail", "-c", command, cwd=folder, stdout=PIPE)
    async with asyncio.timeout(SECONDS):
        printed, _ = await shell.communicate()
    assert shell.returncode == 0, printed
    return printed.decode()


@asynccontextmanager
async def running(script: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), cwd=script.parent, stdout=PIPE)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def said_by(receiver: Process, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next message of that kind: what stood before the subscription comes when it can, too."""
    assert receiver.stdout is not None
    async with asyncio.timeout(SECONDS):
        while True:
            message: dict[str, Any] = ast.literal_eval((await receiver.stdout.readline()).decode())
            if is_wanted(message):
                return message


async def forge(address: str) -> None:
    """Send the receiver a message that Clearway did not sign: it must not be printed."""
    message = Webhook(base64.b64encode(b"another secret"))
    body, at = json.dumps({"type": "alert.issued", "data": {}}), datetime.now(UTC)
    headers = {
        "webhook-id": "forged",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": message.sign("forged", at, body),
    }
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5), trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(address, content=body, headers=headers)


async def proved(subscription_id: str, typed: Callable[[str], str], folder: Path) -> None:
    """Until Clearway has taken note of the answer, which is moments after the receiver gave it."""
    address = typed(f"http://127.0.0.1:8080/v1/subscriptions/{subscription_id}")
    key = (folder / "data" / "admin.key").read_text().strip()
    async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while True:
            found = await client.get(address, headers={"Authorization": f"Bearer {key}"})
            if found.json()["proof"]["state"] == "proved":
                return
            await asyncio.sleep(0.1)


async def test_the_readme_s_receiver_is_warned(typed: Callable[[str], str], tmp_path: Path) -> None:
    report = only([block.text for block in MINUTE if "/v1/incidents" in block.text])
    subscribe = only([block.text for block in WARNING if "/v1/subscriptions" in block.text])
    script = tmp_path / "receiver.py"
    script.write_text(typed(only([block.text for block in WARNING if block.language == "python"])))

    first = json.loads(await run(typed(report), tmp_path))
    subscribed = await run(typed(subscribe), tmp_path)
    async with running(script) as receiver:
        await forge(typed("http://127.0.0.1:9000/"))
        await said_by(receiver, lambda message: message["type"] == "challenge")
        await proved(json.loads(subscribed)["subscription_id"], typed, tmp_path)
        second = json.loads(await run(typed(report.replace("first-report", "second-report")), tmp_path))
        message = await said_by(receiver, lambda message: message["data"].get("incident_id") == second["incident_id"])
    assert second["incident_id"] != first["incident_id"]
    assert message["type"] == "alert.issued"
    assert message["data"]["form"] == "full"
    assert "Keep away." in message["data"]["read_out"]
