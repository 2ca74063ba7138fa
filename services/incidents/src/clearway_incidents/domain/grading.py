"""When an incident is certain enough to be verified."""

from collections.abc import Sequence
from typing import Final

from clearway_contracts.incident import Grading, Report
from clearway_contracts.vocabulary import InfoCredibility

UNNAMED: Final = frozenset({"", "unknown"})


def credible(grading: Grading) -> bool:
    """Confirmed, or probably true."""
    return grading.info_credibility <= InfoCredibility.PROBABLY_TRUE


def independent_reports(reports: Sequence[Report]) -> int:
    """How many reports are independent: one for each organisation. Reports of an unknown organisation do not count."""
    return len({report.organisation.strip().casefold() for report in reports} - UNNAMED)
