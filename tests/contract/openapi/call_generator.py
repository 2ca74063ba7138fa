"""Reports an incident with the client of openapi-generator: URL and key are the arguments, the id is printed."""

import sys
from datetime import UTC, datetime

from openapi_client import ApiClient, Configuration, NewReport, ReadingIncidentsApi, ReportingIncidentsApi
from openapi_client.exceptions import ApiException

url, key = sys.argv[1:]
example = {
    "time": {"occurred_at": datetime.now(UTC).isoformat(), "precision": "minute"},
    "location": {"point": {"type": "Point", "coordinates": [-3.99, 17.04]}, "precision": "gps"},
    "category": "ied",
    "hazard_state": "active",
}
new = NewReport.from_dict(example)
assert new is not None
with ApiClient(Configuration(host=url, access_token=key)) as client:
    made = ReportingIncidentsApi(client).incidents_report(new, idempotency_key="made-by-openapi-generator")
    read = ReadingIncidentsApi(client).incidents_get(made.incident_id)
    assert read.location.point is not None  # a key that may not read the place gets an area that contains it
    assert read.location.point.coordinates == [-3.99, 17.04]
    listed = ReadingIncidentsApi(client).incidents_list(limit=1)
    assert listed.items[0].incident_id == made.incident_id
    refusal = None
    try:
        ReadingIncidentsApi(client).incidents_list(cursor="no cursor")
    except ApiException as error:
        refusal = str(error.body)
    assert '"code":"bad_cursor"' in str(refusal)
sys.stdout.write(str(made.incident_id))
