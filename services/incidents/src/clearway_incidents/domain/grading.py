"""When an incident is certain enough to be verified."""

from collections.abc import Sequence

from clearway_incidents.domain.incident import Grading, Report
from clearway_shared.events.vocabulary import InfoCredibility


def credible(grading: Grading) -> bool:
    """Confirmed, or probably true."""
    return grading.info_credibility <= InfoCredibility.PROBABLY_TRUE


def independent_reports(reports: Sequence[Report]) -> int:
    """How many reports are independent: one for each organisation. Whose organisation is unnamed is nobody's witness."""
    return len({name for report in reports if (name := report.organisation.strip().casefold())})
