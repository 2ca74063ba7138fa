"""How soon a consumer group notices that a member is gone: until then nobody handles its partitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Session:
    """The group drops a member that was silent for `seconds`; a live one sends a heartbeat four times as often."""

    seconds: float

    @property
    def heartbeat_seconds(self) -> float:
        return self.seconds / 4


SHORT: Final = Session(2.0)
# The shortest that brokers accept unless their `group.min.session.timeout.ms` says otherwise.
SHORTEST_BY_DEFAULT: Final = Session(6.0)
REMEDY: Final = (
    "these brokers accept no session of a consumer under 6 s, so after a crash its work pauses for 7 s instead of 3: "
    "set group.min.session.timeout.ms=2000 on every broker"
)
