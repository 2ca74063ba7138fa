"""Quotas, what is left of them, and how an answer says it.

The header fields are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import prometheus_client

from clearway_platform.codes import Code
from clearway_platform.refusals import Refusal
from clearway_platform.settings import PREFIX

POLICY: Final = "RateLimit-Policy"
LEFT: Final = "RateLimit"

REFUSED: Final = prometheus_client.Counter(
    "clearway_quota_refusals", "Requests refused, and messages postponed, because a quota was used up", ["quota"]
)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many of something; 0 is no limit. Without `seconds` it is how many there may be at a time.

    `name` is what header fields and metrics call it, `words` what is counted, and `field` the setting that changes it.
    `unit` is the draft's word for what is counted; None is its default, requests.
    """

    name: str
    most: int
    words: str
    field: str
    seconds: int | None = None
    unit: str | None = None

    @property
    def policy(self) -> str:
        """Its item of RateLimit-Policy."""
        window = "" if self.seconds is None else f";w={self.seconds}"
        unit = "" if self.unit is None else f';qu="{self.unit}"'
        return f'"{self.name}";q={self.most}{window}{unit}'


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a quota, and in how many seconds it is whole again; None where no time makes it so."""

    quota: Quota
    left: int
    seconds: int | None = None

    @property
    def item(self) -> str:
        """Its item of RateLimit."""
        reset = "" if self.seconds is None else f";t={self.seconds}"
        return f'"{self.quota.name}";r={self.left}{reset}'


def fields(standings: Sequence[Standing]) -> Mapping[str, str]:
    """The header fields of an answer; none where nothing was counted."""
    if not standings:
        return {}
    return {
        POLICY: ", ".join(standing.quota.policy for standing in standings),
        LEFT: ", ".join(standing.item for standing in standings),
    }


class QuotaUsedUp(Refusal):
    """The key, the mission or the address has used up its share for now."""

    code = Code.QUOTA_USED_UP

    def __init__(self, standing: Standing, retry_seconds: int, remedy: str = "Wait {seconds} s, then repeat.") -> None:
        """`retry_seconds`: when a repeat may succeed. The remedy may name them as {seconds}."""
        quota = standing.quota
        super().__init__(
            f"There were {quota.most:,} {quota.words}: more are not allowed. {remedy.format(seconds=retry_seconds)} "
            f"The operator can raise the limit with {PREFIX}{quota.field.upper()}.",
            headers={"Retry-After": str(retry_seconds), **fields([standing])},
        )
        self.retry_seconds = retry_seconds
        REFUSED.labels(quota.name).inc()
