"""An event is published from the JSON values that are stored anyway: they say what its model says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic_core import from_json

from clearway_contracts.codec import encode
from clearway_incidents.api.reports import EXAMPLE, NewReport
from clearway_incidents.domain.life import Kind
from clearway_incidents.domain.reporting import record
from clearway_incidents.outgoing import EVENTS, event_of
from clearway_incidents.storage.states import INCIDENT
from clearway_platform.database.states import without_version
from clearway_platform.messaging.outbox import Outbox
from clearway_testing.manual_clock import ManualClock

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
LINES = {"line_3_contact_method": "channel 4", "line_6_resources_threatened": "the road"}


@pytest.mark.parametrize("contact", [{}, {"contact_ref": "book-7"}, {"nine_line": LINES}])
@pytest.mark.parametrize("kind", list(EVENTS))
def test_what_is_published_is_the_event_without_contacts(kind: Kind, contact: dict[str, object]) -> None:
    body = EXAMPLE | {"report": EXAMPLE["report"] | contact}
    sent = NewReport.model_validate(body).submission(NOW)
    change = replace(record(sent.first, mission="unmas", by="key", at=NOW), kind=kind)
    state = without_version(INCIDENT.write(change.incident))
    event = event_of(Outbox(ManualClock(NOW)), change, ("location.place_name", "time"), state)
    published = encode(event).value
    assert published == encode(replace(event, document=None)).value
    [report] = from_json(published)["incident"]["reports"]
    assert report["contact_ref"] is None
    assert (report["nine_line"] or {}).get("line_3_contact_method") is None
    # The state is stored whole.
    assert state["reports"][0]["contact_ref"] == contact.get("contact_ref")
