"""Times in a query: an RFC 3339 time, or a date, which means its whole day in UTC.

As a start, a date means 00:00; as an end, the last moment of that day.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from clearway_contracts.envelope import Utc

_DATE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_SCHEMA: Final = {"type": "string", "format": "date-time"}
A_DATE: Final = "A date, as in 2026-11-01, means the whole day in UTC."


def _first_moment(value: Any) -> Any:
    return _on(value, time.min)


def _last_moment(value: Any) -> Any:
    return _on(value, time.max)


def _on(value: Any, moment: time) -> Any:
    """The moment on the day that `value` names; any other value unchanged."""
    if isinstance(value, str) and _DATE.match(value):
        try:
            return datetime.combine(date.fromisoformat(value), moment, UTC)
        except ValueError:
            return value
    return value


FromTime = Annotated[Utc, BeforeValidator(_first_moment), WithJsonSchema(_SCHEMA)]
UntilTime = Annotated[Utc, BeforeValidator(_last_moment), WithJsonSchema(_SCHEMA)]
