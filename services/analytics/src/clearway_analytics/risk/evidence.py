"""Evidence: what a route must have before a low risk is called low.

The effective sample n_eff is none. It is a ratio of sums that decay alike, so it has no scale: five incidents of four
years ago, 66 km away, give the same n_eff as five of today on the road.
"""

from datetime import datetime, timedelta
from typing import Final

# An incident within this distance of the line is evidence of what happens on the route.
NEARBY_M: Final = 2_500.0
# A pass or a clearance counts for so long.
RECENT: Final = timedelta(days=14)


def is_recent(nearby: float, sufficient: float, last_checked_at: datetime | None, at: datetime) -> bool:
    """Whether there is evidence at `at` to call a low risk low.

    nearby: Σ v e^{−age/τ} of the incidents near the route, and `sufficient` the least that is enough. last_checked_at:
    since when the whole route is verified by passes and clearances; None when a stretch of it never was.
    """
    return nearby >= sufficient or (last_checked_at is not None and at - last_checked_at <= RECENT)
