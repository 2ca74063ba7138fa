"""Reports an incident with the client of openapi-python-client: URL and key are the arguments, the id is printed."""

import sys
from datetime import UTC, datetime

from clearway_client import AuthenticatedClient
from clearway_client.api.reading_incidents import incidents_list
from clearway_client.api.reporting_incidents import incidents_report
from clearway_client.models import IncidentBody, IncidentPage, NewReport, ProblemDetails

url, key = sys.argv[1:]
example = {
    "time": {"occurred_at": datetime.now(UTC).isoformat(), "precision": "minute"},
    "location": {"point": {"type": "Point", "coordinates": [-3.99, 17.04]}, "precision": "gps"},
    "category": "ied",
    "hazard_state": "active",
}
with AuthenticatedClient(base_url=url, token=key) as client:
    made = incidents_report.sync(
        client=client, body=NewReport.from_dict(example), idempotency_key="made-by-openapi-python-client"
    )
    assert isinstance(made, IncidentBody)
    page = incidents_list.sync(client=client, limit=1)
    assert isinstance(page, IncidentPage)
    assert page.items[0].incident_id == made.incident_id
    refused = incidents_list.sync(client=client, cursor="no cursor")
    assert isinstance(refused, ProblemDetails)
    assert refused.code == "bad_cursor"
sys.stdout.write(str(made.incident_id))
