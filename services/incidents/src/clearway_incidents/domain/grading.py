"""When an incident is certain enough to be verified."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final
from uuid import UUID

from clearway_contracts.incident import Grading, Report
from clearway_contracts.vocabulary import InfoCredibility

UNNAMED: Final = frozenset({"", "unknown"})


def credible(grading: Grading) -> bool:
    """Confirmed, or probably true."""
    return grading.info_credibility <= InfoCredibility.PROBABLY_TRUE


def independent(reports: Sequence[Report], reporters: Mapping[UUID, str]) -> bool:
    """Whether two of the reports come from different principals, and from different organisations where both are known.
    `reporters` are the identities behind the reports: a name that was typed makes nobody another one."""
    told = {(reporters[report.report_id], _organisation(report)) for report in reports if report.report_id in reporters}
    return any(
        one != other and ("" in (mine, theirs) or mine != theirs)
        for (one, mine), (other, theirs) in combinations(told, 2)
    )


def _organisation(report: Report) -> str:
    """For comparison; empty where it is not known."""
    name = " ".join(report.organisation.split()).casefold()
    return "" if name in UNNAMED else name
