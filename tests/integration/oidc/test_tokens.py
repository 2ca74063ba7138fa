"""A token of the issuer stands for a person, with the role, mission and ceiling of its claims; any other is refused, in
words. The issuer is asked beside the requests, seldom, and may be away."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from clearway_contracts.vocabulary import Tlp
from clearway_platform.auth.ceilings import UNLIMITED
from clearway_platform.auth.oidc.issuer import BETWEEN_READS_SECONDS, FRESH_SECONDS, KEPT_SECONDS, IssuerKeys
from clearway_platform.auth.oidc.rules import Claims, Rules
from clearway_platform.auth.oidc.tokens import REMEMBERED, TokenPeople
from clearway_platform.auth.principals import CEILINGS, IssuerAway, NotAuthentic, Principal, Role
from clearway_testing.issuer import AUDIENCE, Issuer, strange_key
from clearway_testing.manual_clock import ManualClock

PEOPLE = {
    "ann": {
        "name": "Ann Ba",
        "clearway_mission": "unmas",
        "realm_access": {"roles": ["offline_access", "verifier", "reporter"]},
        "resource_access": {"clearway": {"roles": ["duty-officers"]}},
    }
}


@dataclass
class Seconds:
    """A monotonic clock that a test sets."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer(PEOPLE) as issuer:
        yield issuer


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def clock() -> ManualClock:
    clock = ManualClock()
    clock.set(datetime.now(UTC))
    return clock


@pytest.fixture
def people(issuer: Issuer, clock: ManualClock, seconds: Seconds) -> TokenPeople:
    return people_of(issuer, clock, seconds)


def people_of(issuer: Issuer, clock: ManualClock, seconds: Seconds, **rules: Any) -> TokenPeople:
    return TokenPeople(replace(Rules(issuer.url, AUDIENCE), **rules), IssuerKeys(issuer.url, seconds), clock)


async def why_refused(people: TokenPeople, token: str) -> str:
    with pytest.raises(NotAuthentic) as refused:
        await people.principal(token)
    return str(refused.value)


async def test_a_token_is_a_person_with_the_first_of_its_roles(issuer: Issuer, people: TokenPeople) -> None:
    found = await people.principal(issuer.token("ann"))
    assert (found.name, found.mission, found.role) == ("Ann Ba", "unmas", Role.VERIFIER)
    assert found.ceiling == CEILINGS[Role.VERIFIER]
    assert found.person == "subject-of-ann"
    assert not found.has_key
    again = await people.principal(issuer.token("ann"))
    assert (again.id, again.identity) == (found.id, found.identity)
    elsewhere = await people.principal(issuer.token("ann", clearway_mission="unmiss"))
    assert elsewhere.id != found.id
    assert elsewhere.identity != found.identity


async def test_a_person_with_a_key_and_a_token_is_one_principal(issuer: Issuer, people: TokenPeople) -> None:
    found = await people.principal(issuer.token("ann"))
    key = Principal("0123", "desk", "unmas", Role.VERIFIER, person="subject-of-ann")
    other = Principal("4567", "desk", "unmas", Role.VERIFIER, person="subject-of-ben")
    assert found.identity == key.identity != other.identity


async def test_claims_are_named_by_settings_and_words_are_mapped_to_roles(
    issuer: Issuer, clock: ManualClock, seconds: Seconds
) -> None:
    claims = Claims(
        roles="resource_access.clearway.roles", mission="https://example.org/mission", person="preferred_username"
    )
    people = people_of(issuer, clock, seconds, claims=claims, roles={"duty-officers": Role.OPERATOR})
    token = issuer.token("ann", **{"https://example.org/mission": ["unmiss"]})
    found = await people.principal(token)
    assert (found.mission, found.role, found.person) == ("unmiss", Role.OPERATOR, "ann")


async def test_the_ceiling_is_that_of_the_role_with_what_the_token_says(issuer: Issuer, people: TokenPeople) -> None:
    found = await people.principal(issuer.token("ann", clearway_tlp="green", clearway_organisation="Halo"))
    assert found.ceiling == replace(CEILINGS[Role.VERIFIER], tlp=Tlp.GREEN, organisation="Halo")
    admin = await people.principal(issuer.token("ann", realm_access={"roles": ["admin", "reporter"]}))
    assert admin.ceiling == UNLIMITED
    for claims in ({"clearway_tlp": "pink"}, {"clearway_classification": 5}, {"clearway_organisation": " "}):
        assert next(iter(claims)) in await why_refused(people, issuer.token("ann", **claims))


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://elsewhere.example.org"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "account"}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"nbf": 4102444800}, "not yet valid"),
        ({"sub": None}, "sub"),
        ({"sub": 5}, "sub"),
        ({"typ": "ID"}, "no access token"),
        ({"typ": "Refresh"}, "no access token"),
        ({"realm_access": None}, "no role of Clearway in its claim realm_access.roles"),
        ({"realm_access": {"roles": ["superuser"]}}, "no role of Clearway"),
        ({"realm_access": {"roles": [{}, 5, None]}}, "no role of Clearway"),
        ({"clearway_mission": None}, "one mission"),
        ({"clearway_mission": ["unmas", "unmiss"]}, "one mission"),
        ({"clearway_mission": "../unmas"}, "one mission"),
    ],
)
async def test_a_token_that_is_not_meant_for_us_is_refused_in_words(
    issuer: Issuer, people: TokenPeople, claims: dict[str, object], why: str
) -> None:
    assert why in await why_refused(people, issuer.token("ann", **claims))


async def test_a_signature_of_somebody_else_is_refused(issuer: Issuer, people: TokenPeople) -> None:
    await people.principal(issuer.token("ann"))
    await why_refused(people, issuer.forged(strange_key(), "ann"))
    head, body, signature = issuer.token("ann").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "clearway_mission": "unmiss"}).encode()).decode()
    await why_refused(people, f"{head}.{changed.rstrip('=')}.{signature}")
    nothing = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    assert "not signed in a way" in await why_refused(people, f"{nothing}.{body}.")
    secret = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("public" * 8))
    assert "not signed in a way" in await why_refused(people, secret)
    for wrong in ("..", "a.b.c", "é.é.é", ".".join(["x" * 9000] * 3)):
        await why_refused(people, wrong)


async def test_a_token_ends_when_it_says_with_some_leeway(
    issuer: Issuer, people: TokenPeople, clock: ManualClock
) -> None:
    token = issuer.token("ann")
    ends = datetime.now(UTC) + timedelta(seconds=issuer.lifetime)
    found = await people.principal(token)
    assert found.expires_at is not None
    assert abs(found.expires_at - ends) < timedelta(seconds=40)
    clock.set(found.expires_at - timedelta(seconds=2))
    assert await people.principal(token) == found
    # What is remembered of it ends too.
    clock.set(found.expires_at)
    assert "has expired" in await why_refused(people, token)
    clock.advance(REMEMBERED)
    assert "has expired" in await why_refused(people, token)


async def test_the_keys_are_read_once_and_again_for_a_new_one(
    issuer: Issuer, people: TokenPeople, seconds: Seconds
) -> None:
    for _ in range(20):
        await people.principal(issuer.token("ann"))
    assert issuer.asked == {"openid-configuration": 1, "certs": 1}
    issuer.rotate()
    # Not more often than now and then, whatever is sent.
    for _ in range(5):
        assert "does not publish" in await why_refused(people, issuer.token("ann"))
    assert issuer.asked["certs"] == 1
    seconds.now += BETWEEN_READS_SECONDS
    found = await asyncio.gather(*(people.principal(issuer.token("ann")) for _ in range(20)))
    assert len({one.id for one in found}) == 1
    assert issuer.asked["certs"] == 2


async def test_a_key_that_is_withdrawn_is_refused_once_the_keys_are_read_again(
    issuer: Issuer, people: TokenPeople, seconds: Seconds
) -> None:
    old = [issuer.token("ann") for _ in range(3)]
    await people.principal(old[0])
    issuer.rotate()
    issuer.withdraw()
    seconds.now += FRESH_SECONDS
    # This one does not wait for the issuer: the key is known.
    await people.principal(old[1])
    async with asyncio.timeout(20):
        while issuer.asked["certs"] < 2:  # noqa: ASYNC110 - it is asked beside the requests
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert "does not publish" in await why_refused(people, old[2])


async def test_while_the_issuer_is_away_known_keys_go_on_and_nobody_else_waits(
    issuer: Issuer, people: TokenPeople, seconds: Seconds
) -> None:
    await people.principal(issuer.token("ann"))
    issuer.answers = False
    for _ in range(3):
        seconds.now += KEPT_SECONDS / 4
        await people.principal(issuer.token("ann"))
        await asyncio.sleep(0.05)
    seconds.now += KEPT_SECONDS / 4
    with pytest.raises(IssuerAway):
        await people.principal(issuer.token("ann"))
    issuer.answers = True
    seconds.now += BETWEEN_READS_SECONDS
    await people.principal(issuer.token("ann"))


async def test_an_issuer_that_was_never_there_is_asked_now_and_then(
    issuer: Issuer, people: TokenPeople, seconds: Seconds
) -> None:
    issuer.answers = False
    for _ in range(5):
        with pytest.raises(IssuerAway):
            await people.principal(issuer.token("ann"))
    assert issuer.asked == {"openid-configuration": 1}


async def test_one_that_says_it_is_another_is_not_believed(clock: ManualClock, seconds: Seconds) -> None:
    async with Issuer(PEOPLE) as honest:
        claimed = honest.url.replace("127.0.0.1", "localhost")
        people = TokenPeople(Rules(claimed, AUDIENCE), IssuerKeys(claimed, seconds), clock)
        with pytest.raises(IssuerAway):
            await people.principal(honest.token("ann", iss=claimed))
