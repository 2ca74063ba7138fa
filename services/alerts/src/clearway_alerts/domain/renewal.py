"""For how long an alert of a standing hazard is valid, and when it is said again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clearway_alerts.domain.areas import Corridor, RouteCorridor
from clearway_alerts.domain.matching import Watch

# So long before an alert expires it is renewed: a process that restarts meanwhile lets none lapse.
RENEWED_BEFORE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Validity:
    """How long an alert of a danger stands unless it is renewed: less for those on whose own route it lies."""

    everywhere: timedelta = timedelta(days=7)
    on_route: timedelta = timedelta(hours=24)

    def of(self, watch: Watch | None) -> timedelta:
        """`watch` is None for a route whose line is not known."""
        is_route = watch is None or isinstance(watch.filter.area, RouteCorridor | Corridor)
        return self.on_route if is_route else self.everywhere


def renewed_from(expires_at: datetime) -> datetime:
    return expires_at - RENEWED_BEFORE
