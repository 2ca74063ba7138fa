"""No key reads above its ceiling. Generated from the OpenAPI documents: a new route is covered too.

Each operation that reads is asked with each ceiling about incidents of each mark, and the answer is searched for what
was planted in their restricted fields."""

import re

import httpx
import pytest

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_incidents.queries import incident_map
from clearway_platform.auth.ceilings import EVERY_ORGANISATION, Ceiling, Sight
from clearway_platform.auth.principals import CEILINGS, Role
from clearway_platform.web.stream.start import MOST

from .marked import Planted, key_of, plant, plants, reading
from .mission import Mission, found_mission, made, report, settle
from .operations import Operation, in_every_format, operations
from .served import Served

READS = [item for item in operations() if item.method == "GET" and not item.streams]
STREAMS = [item for item in operations() if item.streams]
READ_SECONDS = 30
_NUMBER = re.compile(r"-?\d+\.\d+")
CEILINGS_ASKED = {
    "subscriber": CEILINGS[Role.SUBSCRIBER],
    "office": CEILINGS[Role.ANALYST],
    "nothing": Ceiling(Tlp.CLEAR, Classification.UNCLASSIFIED, None),
    "red": Ceiling(Tlp.RED, Classification.UNCLASSIFIED, EVERY_ORGANISATION),
    "strictly confidential": Ceiling(Tlp.CLEAR, Classification.STRICTLY_CONFIDENTIAL, None),
    "Halo": Ceiling(Tlp.AMBER, Classification.UNCLASSIFIED, "HALO"),
    "another": Ceiling(Tlp.RED, Classification.STRICTLY_CONFIDENTIAL, "Another"),
}


@pytest.fixture(scope="module")
def mission(platform: Served) -> Mission:
    mission = found_mission(platform, "marked")
    settle(mission)
    return mission


@pytest.fixture(scope="module")
def planted(mission: Mission) -> list[Planted]:
    found = plants()
    for one in found:
        plant(mission, one)
    return found


@pytest.fixture(scope="module")
def keys(mission: Mission) -> dict[str, str]:
    """The token of a key of each ceiling: only that limits it, not its role."""
    return {name: key_of(mission, Role.ADMIN, ceiling) for name, ceiling in CEILINGS_ASKED.items()}


@pytest.fixture(scope="module")
def last(mission: Mission, planted: list[Planted]) -> str:
    """An incident that every key may read, reported after all others, and warned of."""
    assert planted
    with mission.client() as client:
        made_last = report(mission.mark, sharing={"tlp": "clear"})
        return str(made(client.post("/v1/incidents", json=made_last))["incident_id"])


def told(text: str, planted: list[Planted], ceiling: Ceiling) -> list[str]:
    """The secrets in a text that are above the ceiling."""
    hidden = [one for one in planted if ceiling.sight(one.handling) is not Sight.WHOLE]
    return sorted(secret for one in hidden for secret in one.secrets if secret in text)


@pytest.mark.parametrize("name", CEILINGS_ASKED)
@pytest.mark.parametrize("operation", READS, ids=str)
def test_nothing_is_read_above_the_ceiling(
    operation: Operation, name: str, mission: Mission, planted: list[Planted], keys: dict[str, str]
) -> None:
    ceiling = CEILINGS_ASKED[name]
    with reading(mission, keys[name]) as client:
        for one in planted:
            for answer in in_every_format(client, operation, one.ids):
                assert answer.status_code in (200, 308, 404), answer.text
                assert not told(answer.text, planted, ceiling)


def test_who_may_read_it_does(mission: Mission, planted: list[Planted]) -> None:
    """Else the test above would pass with nothing planted: each of these tells of each of the incidents."""
    tellers = {
        "incidents.get",
        "incidents.list",
        "incidents.get_revision",
        "alerts.get",
        "alerts.list",
        "proposals.get",
        "proposals.list",
        "held_texts.get",
        "held_texts.list",
        "alert_dead_letters.get",
    }
    with mission.client() as client:
        for one in planted:
            telling = {
                operation.name
                for operation in READS
                if any(one.word in answer.text for answer in in_every_format(client, operation, one.ids))
            }
            assert telling >= tellers


@pytest.mark.parametrize("most_drawn", [0, 2_000])
@pytest.mark.parametrize("name", CEILINGS_ASKED)
def test_a_map_places_nothing_by_what_is_above_the_ceiling(
    name: str,
    most_drawn: int,
    mission: Mission,
    planted: list[Planted],
    keys: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a point nor the middle or the sides of a cluster, which are the point's where there is only one."""
    monkeypatch.setattr(incident_map, "MOST_DRAWN", most_drawn)
    with reading(mission, keys[name]) as client, mission.client() as whole:
        for one in planted:
            longitude, latitude = one.point
            box = f"{longitude - 1e-6},{latitude - 1e-6},{longitude + 1e-6},{latitude + 1e-6}"
            asked = {"bbox": box, "zoom": "22"}
            text = made_text(client.get("/v1/incident-map", params=asked))
            assert not told(text, planted, CEILINGS_ASKED[name])
            assert one.secrets - {one.word} <= set(
                _NUMBER.findall(made_text(whole.get("/v1/incident-map", params=asked)))
            )


def made_text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.timeout(READ_SECONDS * 3)
@pytest.mark.parametrize("name", CEILINGS_ASKED)
@pytest.mark.parametrize("operation", STREAMS, ids=str)
def test_nothing_is_streamed_above_the_ceiling(
    operation: Operation, name: str, mission: Mission, planted: list[Planted], keys: dict[str, str], last: str
) -> None:
    sign = mission.ids["route_id"] if "route" in operation.path else last
    with reading(mission, keys[name]) as client:
        text = _whole(client, operation.path, sign)
    assert not told(text, planted, CEILINGS_ASKED[name])


@pytest.mark.timeout(READ_SECONDS * 3)
def test_contacts_are_for_those_who_assess(mission: Mission, planted: list[Planted], last: str) -> None:
    """In no answer to any other key, and in no stream at all."""
    contacts = {one.contact for one in planted}
    ceiling = CEILINGS[Role.ADMIN]
    with reading(mission, key_of(mission, Role.OPERATOR, ceiling)) as client:
        for operation in READS:
            for one in planted:
                for answer in in_every_format(client, operation, one.ids):
                    assert not [contact for contact in contacts if contact in answer.text], operation
    with mission.client(Role.ADMIN) as client:
        assert planted[0].contact in client.get(f"/v1/incidents/{planted[0].ids['incident_id']}").text
        text = _whole(client, "/v1/incident-events", last)
        assert not [contact for contact in contacts if contact in text]


def _whole(client: httpx.Client, path: str, sign: str) -> str:
    """What a stream sends, from its first event on, until `sign` is in it."""
    text = ""
    with client.stream("GET", path, params={"last": str(MOST)}, timeout=READ_SECONDS) as stream:
        for chunk in stream.iter_text():
            text += chunk
            if sign in text:
                return text
    return text
