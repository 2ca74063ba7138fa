"""The one rule of how much a message says: the key's ceiling, the channel's levels, the choice, then the proof."""

import pytest

from clearway_alerts.channels.webhook.channel import WebhookChannel
from clearway_alerts.domain.sharing import ABOVE_THE_OWNER, ASKED_FOR, NOT_PROVED, Endpoint, why_thin
from clearway_contracts.handling import MOST_RESTRICTED, Handling
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import UNLIMITED, Ceiling

OWNER = Ceiling(Tlp.AMBER, Classification.UNCLASSIFIED, None)
PROVED = Endpoint(WebhookChannel.thin_at)
UNPROVED = Endpoint(WebhookChannel.thin_at, is_unproved=True)
CHOSEN = Endpoint(WebhookChannel.thin_at, asks_thin=True)


def marked(tlp: Tlp, classification: Classification = Classification.UNCLASSIFIED, *names: str) -> Handling:
    return Handling(tlp, classification, names)


@pytest.mark.parametrize("tlp", [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER])
def test_up_to_the_keys_tlp_a_proved_endpoint_gets_the_whole(tlp: Tlp) -> None:
    assert why_thin(marked(tlp), OWNER, PROVED) is None


@pytest.mark.parametrize("tlp", [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER])
@pytest.mark.parametrize(("endpoint", "reason"), [(UNPROVED, NOT_PROVED), (CHOSEN, ASKED_FOR)], ids=["no proof", "ask"])
def test_without_proof_and_by_choice_it_is_thin_at_every_level(tlp: Tlp, endpoint: Endpoint, reason: str) -> None:
    assert why_thin(marked(tlp), UNLIMITED, endpoint) == reason


@pytest.mark.parametrize("tlp", [Tlp.AMBER_STRICT, Tlp.RED])
def test_the_highest_levels_are_thin_for_every_key_and_every_proof(tlp: Tlp) -> None:
    assert f"TLP {tlp}" in str(why_thin(marked(tlp), UNLIMITED, PROVED))
    # A channel that has no such levels carries them up to the key's ceiling.
    assert why_thin(marked(tlp), UNLIMITED, Endpoint()) is None


@pytest.mark.parametrize(
    "handling",
    [
        marked(Tlp.AMBER_STRICT),
        marked(Tlp.CLEAR, Classification.CONFIDENTIAL),
        marked(Tlp.CLEAR, Classification.UNCLASSIFIED, "UNMAS"),
        MOST_RESTRICTED,
    ],
    ids=["tlp", "classification", "organisation", "unknown"],
)
@pytest.mark.parametrize("endpoint", [PROVED, UNPROVED, CHOSEN, Endpoint()], ids=["proved", "not", "ask", "other"])
def test_above_the_keys_ceiling_no_proof_helps(handling: Handling, endpoint: Endpoint) -> None:
    assert why_thin(handling, OWNER, endpoint) == ABOVE_THE_OWNER
