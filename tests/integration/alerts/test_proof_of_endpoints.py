"""An endpoint is challenged until it proves itself. Until then its messages are thin, and all of them are sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from sqlalchemy import update
from standardwebhooks import Webhook

from clearway_alerts.channels.webhook.form import Content
from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.sharing import ABOVE_THE_OWNER, ASKED_FOR, NOT_PROVED
from clearway_alerts.outbound.challenges import Challenges
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.principals import Principal, Role
from clearway_testing.plumbing import running

from .conftest import CIRCLE, OWNER, Receiver, Service

NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
DESK = Principal(id="key-9", name="desk", mission="unmix", role=Role.OPERATOR)
# While a challenge is under way, the next is due when its own time is over.
LEASE = timedelta(seconds=18)
# Longer than a challenge may take, and than the interval before the second.
LATER = timedelta(seconds=30)


def token_of(receiver: Receiver) -> str:
    token: str = json.loads(receiver.got[-1][1])["data"]["challenge"]
    return token


def bodies(receiver: Receiver) -> list[bytes]:
    return [body for _, body in receiver.got]


def answering(receiver: Receiver, words: Callable[[str], str], status: int = 200) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=words(token_of(receiver)), status=status)

    receiver.answer = answer


@pytest.fixture
def answer_within() -> timedelta:
    """On a busy machine an answer is slow: only a receiver that is silent is to be taken for silent."""
    return LEASE - timedelta(seconds=10)


@pytest.fixture
def echoing(receiver: Receiver) -> Receiver:
    """It answers a challenge with its token."""
    answering(receiver, str)
    return receiver


@pytest.fixture
async def challenging(alerts: Service) -> AsyncIterator[Challenges]:
    """The service's own challenges, running."""
    async with running(alerts.challenges.run):
        yield alerts.challenges


async def proof(alerts: Service, url: str = "") -> Mapping[str, Any]:
    """The row of the one subscription, or of that with this address."""
    [row] = [row for row in await alerts.rows(SUBSCRIPTION) if url in (row["url"], "")]
    return dict(row)


def is_proved(alerts: Service, url: str = "") -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return (await proof(alerts, url))["proved_at"] is not None

    return condition


def has_problem(alerts: Service, words: str, attempts: int = 1) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        found = await proof(alerts)
        is_recorded = found["challenge_due_at"] is None or found["challenge_due_at"] - found["challenged_at"] != LEASE
        return found["challenge_attempts"] == attempts and is_recorded and words in (found["challenge_problem"] or "")

    return condition


async def message(alerts: Service) -> dict[str, Any]:
    """What is sent next."""
    [lease] = await alerts.lease()
    data: dict[str, Any] = json.loads(lease.body)["data"]
    return data


@pytest.mark.usefixtures("challenging")
async def test_an_endpoint_that_echoes_a_signed_challenge_gets_whole_messages(
    alerts: Service, echoing: Receiver, report: NewIncident, until: Until
) -> None:
    made = await alerts.subscribe(echoing.url, proved=False)
    await until(is_proved(alerts))
    [(headers, body)] = echoing.got
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signature = Webhook(made["secret"]).sign(headers["webhook-id"], at, body.decode())
    assert signature in headers["webhook-signature"].split()
    challenge = json.loads(body)
    assert (challenge["type"], challenge["data"]["subscription_id"]) == ("challenge", str(made["id"]))
    assert len(challenge["data"]["challenge"]) > 40
    await alerts.warn(report(tlp=Tlp.AMBER, mgrs="30QYD1234567890", chainage_m=12_400.0))
    data = await message(alerts)
    assert (data["form"], data["why_thin"], data["left_out"]) == ("full", None, [])
    assert data["point"] == {"type": "Point", "coordinates": [-1.0, 17.0]}
    assert (
        "Grid three zero Quebec, Yankee Delta, one two three four five, six seven eight nine zero." in data["read_out"]
    )
    assert "kilometre 12.4" in data["read_out"]


async def test_until_it_is_proved_its_messages_are_thin_and_sent(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    await alerts.subscribe(receiver.url, proved=False)
    await alerts.warn(report(tlp=Tlp.CLEAR))
    data = await message(alerts)
    assert (data["form"], data["why_thin"]) == ("thin", NOT_PROVED)
    assert (data["point"], data["read_out"], data["place_name"]) == (None, None, None)
    assert {"point", "read_out", "place_name", "mgrs"} <= set(data["left_out"])
    assert data["links"]["alert"].endswith(data["alert_id"])


@pytest.mark.parametrize(
    ("words", "status", "problem"),
    [
        (lambda token: token[:-1], 200, "another text"),
        (lambda token: json.dumps({"challenge": token + "x"}), 200, "another text"),
        (lambda token: "", 204, "empty body"),
        (str, 500, "500"),
        (str, 302, "302"),
    ],
    ids=["too short", "another in JSON", "nothing", "refused", "redirected"],
)
@pytest.mark.usefixtures("challenging")
async def test_another_answer_proves_nothing(
    alerts: Service,
    receiver: Receiver,
    report: NewIncident,
    until: Until,
    words: Callable[[str], str],
    status: int,
    problem: str,
) -> None:
    answering(receiver, words, status)
    await alerts.subscribe(receiver.url, proved=False)
    await until(has_problem(alerts, problem))
    found = await proof(alerts)
    assert (found["proved_at"], found["revision"]) == (None, 1)
    assert found["challenge_due_at"] > alerts.clock.now()
    assert receiver.url not in found["challenge_problem"]
    await alerts.warn(report())
    assert (await message(alerts))["why_thin"] == NOT_PROVED


@pytest.mark.usefixtures("challenging")
async def test_the_token_in_json_proves_it_too_with_a_token_of_its_own_each_time(
    alerts: Service, receiver: Receiver, until: Until
) -> None:
    await alerts.subscribe(receiver.url, proved=False)
    await until(has_problem(alerts, "empty body"))
    first = token_of(receiver)
    answering(receiver, lambda token: json.dumps({"challenge": token}))
    alerts.clock.advance(LATER)
    await until(is_proved(alerts))
    assert token_of(receiver) != first
    found = await proof(alerts)
    assert (found["challenge_attempts"], found["challenge_problem"], found["challenge_due_at"]) == (2, None, None)


@pytest.mark.usefixtures("challenging", "delivering")
async def test_a_silent_receiver_is_warned_all_the_same_and_challenged_again(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    answered = asyncio.Event()

    async def silent_to_challenges(_request: web.Request) -> web.Response:
        if json.loads(receiver.got[-1][1])["type"] == "challenge":
            await answered.wait()
        return web.Response(status=204)

    receiver.answer = silent_to_challenges
    await alerts.subscribe(receiver.url, proved=False)
    await receiver.wait_for(1)
    await alerts.warn(report())
    await receiver.wait_for(2)
    data = json.loads(receiver.got[1][1])["data"]
    assert (data["form"], data["severity"]) == ("thin", "severe")
    await until(has_problem(alerts, "no answer in time"))
    answered.set()
    answering(receiver, str)
    alerts.clock.advance(LATER)
    await until(is_proved(alerts))


async def test_a_challenge_that_a_restart_cut_off_is_made_again(
    alerts: Service, receiver: Receiver, new_receiver: Callable[[], Awaitable[Receiver]], until: Until
) -> None:
    never = asyncio.Event()

    async def silent(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    receiver.answer = silent
    await alerts.subscribe(receiver.url, proved=False)
    async with running(alerts.challenges.run):
        await receiver.wait_for(1)
    found = await proof(alerts)
    assert (found["challenge_attempts"], found["challenge_problem"], found["proved_at"]) == (1, None, None)
    never.set()
    answering(receiver, str)
    async with running(Challenges(alerts.database, alerts.clock, alerts.channels).run):
        # Another process may still have it under way: only a second endpoint is challenged.
        alerts.clock.advance(LEASE - timedelta(seconds=1))
        other = await new_receiver()
        answering(other, str)
        await alerts.subscribe(other.url, proved=False)
        await until(is_proved(alerts, other.url))
        assert len(receiver.got) == 1
        alerts.clock.advance(timedelta(seconds=1))
        await until(is_proved(alerts, receiver.url))
    assert (await proof(alerts, receiver.url))["challenge_attempts"] == 2


@pytest.mark.usefixtures("challenging")
async def test_a_changed_url_begins_unproved_and_is_challenged(
    alerts: Service,
    echoing: Receiver,
    new_receiver: Callable[[], Awaitable[Receiver]],
    report: NewIncident,
    until: Until,
) -> None:
    made = await alerts.subscribe(echoing.url, proved=False)
    await until(is_proved(alerts))
    other = await new_receiver()
    moved = Changes(channel=alerts.channels.read({"type": "webhook", "url": other.url}))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.change(transaction, OWNER, made["id"], 1, moved)
    await until(has_problem(alerts, "empty body"))
    await alerts.warn(report())
    assert (await message(alerts))["why_thin"] == NOT_PROVED
    answering(other, str)
    alerts.clock.advance(LATER)
    await until(is_proved(alerts))
    assert len(echoing.got) == 1


@pytest.mark.usefixtures("challenging")
async def test_an_answer_of_the_former_url_proves_nothing_of_the_new_one(
    alerts: Service, receiver: Receiver, new_receiver: Callable[[], Awaitable[Receiver]], until: Until
) -> None:
    changed = asyncio.Event()

    async def late(_request: web.Request) -> web.Response:
        await changed.wait()
        return web.Response(text=token_of(receiver))

    receiver.answer = late
    made = await alerts.subscribe(receiver.url, proved=False)
    await receiver.wait_for(1)
    other = await new_receiver()
    moved = Changes(channel=alerts.channels.read({"type": "webhook", "url": other.url}))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.change(transaction, OWNER, made["id"], 1, moved)
    await until(has_problem(alerts, "empty body"))
    changed.set()
    alerts.clock.advance(LATER)
    await until(has_problem(alerts, "empty body", attempts=2))
    assert (await proof(alerts))["proved_at"] is None


async def test_an_older_program_that_changes_the_url_leaves_it_unproved(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    """Release 0.1.0 knows none of the columns of the proof."""
    await alerts.subscribe("http://127.0.0.1:9/former")
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(SUBSCRIPTION).values(url=receiver.url))
    await alerts.warn(report())
    assert (await message(alerts))["why_thin"] == NOT_PROVED


@pytest.mark.parametrize("tlp", [Tlp.AMBER_STRICT, Tlp.RED])
async def test_at_amber_strict_and_red_it_is_thin_although_it_is_proved(
    alerts: Service, receiver: Receiver, report: NewIncident, tlp: Tlp
) -> None:
    owner = Principal(id="key-8", name="admin", mission="unmix", role=Role.ADMIN)
    await alerts.subscribe(receiver.url, owner=owner)
    await alerts.warn(report(tlp=tlp))
    data = await message(alerts)
    assert (data["form"], data["point"]) == ("thin", None)
    assert f"TLP {tlp}" in data["why_thin"]


async def test_above_the_ceiling_of_its_key_it_is_thin_although_it_is_proved(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    await alerts.subscribe(receiver.url)
    await alerts.warn(report(tlp=Tlp.GREEN, classification=Classification.CONFIDENTIAL))
    data = await message(alerts)
    assert (data["form"], data["why_thin"], data["point"]) == ("thin", ABOVE_THE_OWNER, None)


async def test_within_the_ceiling_of_a_higher_key_the_same_is_whole(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    await alerts.subscribe(receiver.url, owner=DESK)
    await alerts.warn(report(tlp=Tlp.GREEN, classification=Classification.CONFIDENTIAL))
    assert (await message(alerts))["form"] == "full"


async def test_a_subscriber_may_choose_thin_messages(
    alerts: Service, client: httpx.AsyncClient, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    answering(receiver, str)
    channel = {"type": "webhook", "url": receiver.url, "content": Content.THIN}
    body = {"name": "convoy", "filter": {"area": CIRCLE}, "channel": channel}
    made = await client.post("/v1/subscriptions", json=body)
    assert made.json()["channel"]["content"] == "thin"
    async with running(alerts.challenges.run):
        await until(is_proved(alerts))
    await alerts.warn(report(tlp=Tlp.CLEAR))
    assert (await message(alerts))["why_thin"] == ASKED_FOR


async def test_the_api_tells_of_the_proof_and_asks_again(
    alerts: Service, client: httpx.AsyncClient, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    body = {
        "name": "convoy",
        "filter": {"area": CIRCLE},
        "channel": {"type": "webhook", "url": f"{receiver.url}?key=heron"},
    }
    made = await client.post("/v1/subscriptions", json=body)
    where = made.headers["Location"]
    assert (made.json()["proof"]["state"], made.json()["proof"]["attempts"]) == ("pending", 0)
    async with running(alerts.challenges.run):
        for attempt in range(1, 9):
            await until(has_problem(alerts, "empty body", attempt))
            alerts.clock.advance(timedelta(hours=3))
            alerts.challenges.wake()
    others = {"Authorization": "Bearer eve-subscriber-unmix"}
    failed = await client.get(where, headers=others)
    shown = failed.json()["proof"]
    assert (shown["state"], shown["attempts"], shown["next_at"]) == ("failed", 8, None)
    assert "empty body" in shown["problem"]
    assert f"POST {where}/challenge" in shown["remedy"]
    assert "heron" not in failed.text
    assert (await client.post(f"{where}/challenge", headers=others)).status_code == 403
    await alerts.warn(report())
    incident = {"incident_id": str(report().incident_id)}
    assert (await client.get(f"{where}/explain", params=incident)).json()["why_thin"] == NOT_PROVED
    answering(receiver, str)
    async with running(alerts.challenges.run):
        asked = await client.post(f"{where}/challenge")
        assert (asked.status_code, asked.json()["proof"]["state"], asked.json()["revision"]) == (202, "pending", 1)
        await until(is_proved(alerts))
    again = await client.post(f"{where}/challenge")
    assert (again.status_code, again.headers["Nothing-Changed"]) == (202, "true")
    proved = again.json()["proof"]
    assert (proved["state"], proved["problem"], proved["remedy"]) == ("proved", None, None)
    [delivery] = (await client.get(f"{where}/deliveries")).json()["items"]
    assert (delivery["form"], delivery["why_thin"]) == ("full", None)


async def test_a_stream_has_nothing_to_prove(client: httpx.AsyncClient) -> None:
    body = {"name": "convoy", "filter": {"area": CIRCLE}, "channel": {"type": "stream"}}
    made = await client.post("/v1/subscriptions", json=body)
    assert made.json()["proof"] is None
    assert (await client.post(f"{made.headers['Location']}/challenge")).status_code == 409


@pytest.mark.usefixtures("delivering")
async def test_once_it_is_proved_a_running_process_sends_whole_messages(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    """It remembers the subscription, and sends at once what it inserts with its own lease."""

    async def answer(_request: web.Request) -> web.Response:
        said = json.loads(receiver.got[-1][1])["data"]
        return web.Response(text=said.get("challenge", ""))

    async def is_delivered() -> bool:
        return [row["state"] for row in await alerts.rows(DELIVERY)] == ["delivered"]

    receiver.answer = answer
    await alerts.subscribe(receiver.url, proved=False)
    await alerts.warn(report())
    await until(is_delivered)
    async with running(alerts.challenges.run):
        await until(is_proved(alerts))
    await alerts.warn(report(revision=2, uncertainty_m=500.0))
    await receiver.wait_for(3)
    kinds = [(message["type"], message["data"].get("form")) for message in map(json.loads, bodies(receiver))]
    assert kinds == [("alert.issued", "thin"), ("challenge", None), ("alert.updated", "full")]


async def test_the_tag_of_a_subscription_changes_with_its_proof_and_serves_for_a_change(
    alerts: Service, echoing: Receiver, client: httpx.AsyncClient, until: Until
) -> None:
    channel = {"type": "webhook", "url": echoing.url}
    made = await client.post("/v1/subscriptions", json={"name": "a", "filter": {"area": CIRCLE}, "channel": channel})
    where = made.headers["Location"]
    before = (await client.get(where)).headers["ETag"]
    async with running(alerts.challenges.run):
        await until(is_proved(alerts))
    after = (await client.get(where)).headers["ETag"]
    assert before != after
    assert (await client.post(f"{where}/pause", headers={"If-Match": before})).status_code == 200
    assert (await client.post(f"{where}/resume", headers={"If-Match": after})).status_code == 412
