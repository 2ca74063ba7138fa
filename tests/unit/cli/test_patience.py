"""A command waits as long as the server asks, and no longer than a person would."""

import httpx
import pytest

from clearway_platform.cli.patience import ATTEMPTS, Patient, PatientAsync


class Server:
    """Refuses so many requests, and notes what it was sent."""

    def __init__(self, refusals: int, retry_after: str) -> None:
        self._refusals = refusals
        self._headers = {"Retry-After": retry_after} if retry_after else {}
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        refused = len(self.bodies) <= self._refusals
        return httpx.Response(429 if refused else 200, headers=self._headers if refused else {})


def ask(server: Server) -> tuple[int, list[float]]:
    waited: list[float] = []
    transport = Patient(httpx.MockTransport(server), waited.append)
    with httpx.Client(base_url="http://clearway.test", transport=transport) as client:
        return client.post("/v1/things", content=b"whole").status_code, waited


def test_it_waits_and_sends_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    server = Server(2, "7")
    assert ask(server) == (200, [7, 7])
    assert server.bodies == [b"whole"] * 3
    assert "asks to wait 7 s" in capsys.readouterr().err


@pytest.mark.parametrize("retry_after", ["3600", "", "soon"])
def test_it_does_not_wait_where_that_is_too_long_or_not_said(retry_after: str) -> None:
    assert ask(Server(1, retry_after)) == (429, [])


def test_it_does_not_wait_for_ever() -> None:
    status, waited = ask(Server(1000, "1"))
    assert (status, len(waited)) == (429, ATTEMPTS - 1)


@pytest.mark.parametrize(
    ("refusals", "retry_after", "status", "expected"),
    [(2, "7", 200, [7, 7]), (1, "3600", 429, []), (1000, "1", 429, [1] * (ATTEMPTS - 1))],
)
async def test_a_client_that_does_other_things_waits_as_long(
    refusals: int, retry_after: str, status: int, expected: list[float]
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    transport = PatientAsync(httpx.MockTransport(Server(refusals, retry_after)), sleep)
    async with httpx.AsyncClient(base_url="http://clearway.test", transport=transport) as client:
        assert (await client.post("/v1/things", content=b"whole")).status_code == status
    assert waited == expected
