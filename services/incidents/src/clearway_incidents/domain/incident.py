"""What the domain adds to an incident, whose state is the contract's (docs/adr/0028-the-record-is-the-contract.md)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from clearway_contracts.incident import Facts, Grading
from clearway_contracts.vocabulary import InfoCredibility, SourceReliability

UNGRADED: Final = Grading(source_reliability=SourceReliability.F, info_credibility=InfoCredibility.CANNOT_BE_JUDGED)


class ReportedFacts(Facts):
    """The facts as a report or a correction gives them. The incident keeps `related` among its links."""

    related: tuple[UUID, ...] = ()

    def as_fields(self) -> Mapping[str, Any]:
        """The facts by the names that they have in the incident, but `related`."""
        return {name: getattr(self, name) for name in Facts.model_fields}
