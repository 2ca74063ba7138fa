"""From whom an event of an incident was heard: the organisation of a new report, and the import that brought it."""

from datetime import datetime

from clearway_alerts.domain.source import key_of
from clearway_contracts.incident import Report
from clearway_contracts.incidents import IncidentChange, IncidentCorrected, IncidentReported
from clearway_contracts.vocabulary import Channel, SourceKind


def heard_in(change: IncidentChange, recorded: datetime) -> dict[SourceKind, dict[str, datetime]]:
    """The keys of the sources by their kind, with the moment at which the report was recorded: the time that a report
    itself names may be wrong. Only a new report was heard from anyone."""
    reports = _new_reports(change)
    cells = {key_of(SourceKind.REPORTING_CELL, report.organisation) for report in reports}
    is_imported = any(report.channel is Channel.IMPORT for report in reports)
    systems = {ref.system for ref in change.incident.external_refs} if is_imported else set()
    return {
        SourceKind.REPORTING_CELL: dict.fromkeys(cells, recorded),
        SourceKind.IMPORT: dict.fromkeys(systems, recorded),
    }


def _new_reports(change: IncidentChange) -> tuple[Report, ...]:
    if isinstance(change, IncidentReported):
        return change.incident.reports
    names = {name.partition(".")[0] for name in change.changed}
    added = isinstance(change, IncidentCorrected) and "reports" in names
    return change.incident.reports[-1:] if added else ()
