"""What this interface refuses by itself, beside what the domain does."""

from __future__ import annotations

from collections.abc import Sequence

from clearway_platform.codes import Code
from clearway_platform.refusals import Fault, Refusal


class InvalidCorrection(Refusal):
    """The facts after a correction would not be those of an incident. The faults say where."""

    code = Code.INVALID

    def __init__(self, faults: Sequence[Fault]) -> None:
        places = ", ".join(sorted({f"{fault.part}.{fault.place}" for fault in faults})[:5])
        super().__init__(f"The correction is not valid at: {places}.", faults=faults)


class EmptyImport(Refusal):
    """An import without an item."""

    code = Code.INVALID

    def __init__(self) -> None:
        fault = Fault("", "no report", "Send NDJSON, one report a line, or a JSON array of reports.")
        super().__init__(f"The body is empty. {fault.remedy}", faults=[fault])


class NotLines(Refusal):
    """The body is not declared as NDJSON."""

    code = Code.NOT_JSON

    def __init__(self) -> None:
        remedy = "Send one JSON object a line, with the header Content-Type: application/x-ndjson."
        fault = Fault("Content-Type", "does not say that the body is NDJSON", remedy, "header")
        super().__init__(f"The header Content-Type does not say that the body is NDJSON. {remedy}", faults=[fault])
