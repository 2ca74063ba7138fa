"""The body of a report: the facts, the reporter, and the names that other systems have for the incident."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import UUID7, ConfigDict, Field, model_validator

from clearway_contracts.envelope import Utc
from clearway_contracts.incident import ExternalRef, Grading, Report
from clearway_contracts.vocabulary import Channel, InfoCredibility, SourceReliability
from clearway_incidents.api.facts import FactsForm
from clearway_incidents.api.texts import Form, Line, Name, Text
from clearway_incidents.commands.intake import Submission
from clearway_incidents.domain.incident import UNGRADED
from clearway_incidents.domain.reporting import FirstReport
from clearway_platform.clock import new_id

EXAMPLE: Final[dict[str, Any]] = {
    "time": {"occurred_at": "2026-02-28T05:40:00Z", "precision": "minute"},
    "location": {
        "point": {"type": "Point", "coordinates": [-3.9962, 17.0421]},
        "precision": "gps",
        "place_name": "RN33, 12 km north of the junction",
        "admin0": "MLI",
        "setting": "road",
    },
    "category": "ied",
    "delivery": "roadside",
    "outcome": "found_not_cleared",
    "hazard_state": "active",
    "target": "un_convoy",
    "activity": "convoy",
    "protective_measures": ["cordon", "eod_requested"],
    "priority": "immediate",
    "narrative": "Suspicious object at the culvert. Convoy halted 300 m short; road closed.",
    "report": {"organisation": "Convoy 12", "role": "convoy commander", "channel": "radio"},
}


class ExternalRefForm(Form):
    """What another system calls this incident. A repeat under the same name does not make a second incident."""

    system: Name
    id: Name
    url: Annotated[Line, Field(pattern=r"^https?://")] | None = None


class NineLineForm(Form):
    """The nine lines of an explosive-hazard report, as transmitted. The ordnance is named by its category only."""

    line_1_date_time_group: Text | None = None
    line_2_reporting_unit_and_location: Text | None = None
    line_3_contact_method: Text | None = None
    line_4_type_of_ordnance: Text | None = None
    line_5_cbrn_contamination: Text | None = None
    line_6_resources_threatened: Text | None = None
    line_7_impact_on_mission: Text | None = None
    line_8_protective_measures: Text | None = None
    line_9_recommended_priority: Text | None = None


class ReporterForm(Form):
    """The reporter. `contact_ref` is a reference of your own (no name, no number): only verifiers see it."""

    report_id: UUID7 | None = None
    organisation: Name = "unknown"
    role: Name = "unknown"
    channel: Channel = Channel.API
    received_at: Utc | None = None
    contact_ref: Line | None = None


class ReportForm(ReporterForm):
    """The reporter, and the nine lines where they were sent. `contact_ref` is a reference of your own (no name, no
    number): only verifiers see it."""

    nine_line: NineLineForm | None = None

    def in_domain(self, now: datetime) -> Report:
        given = {"report_id": self.report_id or new_id(), "received_at": self.received_at or now}
        return Report.model_validate(self.given | given, from_attributes=True)


class GradingForm(Form):
    """Either grade or both."""

    source_reliability: SourceReliability | None = None
    info_credibility: InfoCredibility | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.source_reliability is None and self.info_credibility is None:
            raise ValueError("source_reliability, info_credibility, or both must be given")
        return self


class NewReport(FactsForm):
    """A new incident."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    incident_id: UUID7 | None = Field(default=None, description="Your own UUIDv7, so that a repeat is recognised.")
    external_refs: Annotated[tuple[ExternalRefForm, ...], Field(max_length=20, fail_fast=True)] = ()
    report: ReportForm = ReportForm()
    grading: GradingForm | None = Field(default=None, description="Set by verifiers, and in imports.")

    def submission(self, now: datetime) -> Submission:
        """What the intake takes. Its content is what was said, so that defaults of the moment do not make it differ."""
        first = FirstReport(
            incident_id=self.incident_id or new_id(),
            facts=self.in_domain(now),
            report=self.report.in_domain(now),
            grading=_grading(self.grading),
            external_refs=tuple(ExternalRef.model_validate(ref.given) for ref in self.external_refs),
        )
        return Submission.of(first, self.model_dump(mode="json", exclude={"incident_id"}, exclude_unset=True))


def _grading(form: GradingForm | None) -> Grading:
    given = {} if form is None else form.model_dump(exclude_none=True)
    return UNGRADED.model_copy(update=given)
