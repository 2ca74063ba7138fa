"""Whether a message has the whole alert or is thin, and why: the one rule for everything that is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clearway_contracts.handling import Handling
from clearway_contracts.vocabulary import Tlp
from clearway_platform.auth.ceilings import Ceiling, Sight

ABOVE_THE_OWNER: Final = (
    "The incident is marked for other readers than the key of this subscription. Ask the security cell of the mission, "
    "and name the incident."
)
ASKED_FOR: Final = (
    "The channel of this subscription has `content` thin: the place and the description are left out. Read them at "
    "links.alert with an API key of the mission."
)
NOT_PROVED: Final = (
    "The endpoint has not proved that its owner controls it: the place and the description are left out. Read them at "
    "links.alert with an API key of the mission. `proof` of the subscription says what to do."
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the rule needs to know of a receiver. `thin_at`: the levels at which its channel is always thin;
    `asks_thin`: the subscriber chose so; `is_unproved`: it has to answer a challenge, and has not yet."""

    thin_at: frozenset[Tlp] = frozenset()
    asks_thin: bool = False
    is_unproved: bool = False


def why_thin(handling: Handling, ceiling: Ceiling, endpoint: Endpoint) -> str | None:
    """Why a message about such an incident is thin, in words; None when it is full. `ceiling` is that of the key to
    which the subscription belongs. First is the cause that the subscriber can change least."""
    if ceiling.sight(handling) is not Sight.WHOLE:
        return ABOVE_THE_OWNER
    if handling.tlp in endpoint.thin_at:
        return (
            f"The incident is shared at TLP {handling.tlp}: its place and its description are left out of messages to "
            "this channel. Read them at links.alert with an API key of the mission."
        )
    if endpoint.asks_thin:
        return ASKED_FOR
    return NOT_PROVED if endpoint.is_unproved else None
