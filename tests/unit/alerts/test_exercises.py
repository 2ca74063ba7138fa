"""An exercise is said to be one before anything else, wherever an alert is shown."""

import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from clearway_alerts.alert_shape import ThinAlert
from clearway_alerts.channels.webhook.rendering import alert_body
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import headline
from clearway_alerts.lines import describe
from clearway_contracts.alert import AlertState
from clearway_contracts.vocabulary import Tlp

Make = Callable[..., IncidentView]


def example(name: str) -> dict[str, Any]:
    file = resources.files("clearway_contracts") / "examples" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["value"]
    return found


class NoNames:
    async def find(self, path: str) -> str:
        return ""

    def remember(self, path: str, name: str) -> None:
        """Nothing is named."""


def drill(tlp: Tlp) -> AlertState:
    state = AlertState.model_validate(example("alert.issued.v1.plain")["alert"])
    return state.model_copy(update={"exercise": True, "headline": "EXERCISE: IED, active", "tlp": tlp})


def test_the_headline_begins_with_it(make: Make) -> None:
    assert headline(make(exercise=True)).startswith("EXERCISE: ")


@pytest.mark.parametrize(("tlp", "said"), [(Tlp.CLEAR, "EXERCISE: IED, active"), (Tlp.RED, "EXERCISE")])
def test_a_message_says_it_first_also_when_it_is_thin(tlp: Tlp, said: str) -> None:
    alert = drill(tlp)
    data = json.loads(alert_body(alert if tlp is Tlp.CLEAR else ThinAlert.of(alert, "above")))["data"]
    assert next(iter(data)) == "exercise"
    assert data["exercise"] is True
    assert data["headline"] == said
    assert "headline" not in data["left_out"]


@pytest.mark.parametrize("kind", ["issued", "cancelled", "acknowledged"])
async def test_a_line_of_tail_begins_with_it(kind: str) -> None:
    data = example(f"alert.{kind}.v1.plain")
    data["alert"]["exercise"] = True
    description = await describe(f"alert.{kind}", data, NoNames())
    assert description is not None
    assert description[1][0] == "EXERCISE"
