"""The one shape of an alert in list, stream and message: what its event says, and where the rest is read."""

from pydantic import BaseModel, ConfigDict

from clearway_contracts.alert import AlertState


class AlertLinks(BaseModel):
    """Where the rest is read."""

    alert: str
    incident: str


class LinkedAlert(AlertState):
    """An alert as its event has it, and where the rest is read."""

    # What is answered is whole: a field that may be empty is there all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    links: AlertLinks


def links_of(alert: AlertState) -> AlertLinks:
    return AlertLinks(alert=f"/v1/alerts/{alert.alert_id}", incident=f"/v1/incidents/{alert.incident_id}")
