"""What a ceiling leaves of a record: above the classification or for others nothing, above the TLP the reduced one."""

import pytest

from clearway_contracts.handling import MOST_RESTRICTED, Handling
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import EVERY_ORGANISATION, UNLIMITED, Ceiling, Sight
from clearway_platform.auth.principals import CEILINGS, Role

AMBER = Ceiling(Tlp.AMBER, Classification.CONFIDENTIAL, None)


@pytest.mark.parametrize(
    ("handling", "sight"),
    [
        (Handling(Tlp.CLEAR, Classification.UNCLASSIFIED), Sight.WHOLE),
        (Handling(Tlp.AMBER, Classification.CONFIDENTIAL), Sight.WHOLE),
        (Handling(Tlp.AMBER_STRICT, Classification.UNCLASSIFIED), Sight.REDUCED),
        (Handling(Tlp.RED, Classification.CONFIDENTIAL), Sight.REDUCED),
        (Handling(Tlp.CLEAR, Classification.STRICTLY_CONFIDENTIAL), Sight.NOTHING),
        (Handling(Tlp.CLEAR, Classification.UNCLASSIFIED, ("UNMAS",)), Sight.NOTHING),
    ],
)
def test_the_highest_marks_that_are_read(handling: Handling, sight: Sight) -> None:
    assert AMBER.sight(handling) is sight


@pytest.mark.parametrize(
    ("organisation", "sight"),
    [(None, Sight.NOTHING), ("ICRC", Sight.NOTHING), (" un  mas", Sight.WHOLE), (EVERY_ORGANISATION, Sight.WHOLE)],
)
def test_what_names_organisations_is_for_these_alone(organisation: str | None, sight: Sight) -> None:
    ceiling = Ceiling(Tlp.RED, Classification.STRICTLY_CONFIDENTIAL, organisation)
    assert ceiling.sight(Handling(Tlp.RED, Classification.CONFIDENTIAL, ("Halo", "UN MAS"))) is sight


def test_only_an_administrator_reads_everything_by_default() -> None:
    assert [role for role in Role if CEILINGS[role] == UNLIMITED] == [Role.ADMIN]
    assert [role for role in Role if CEILINGS[role].sight(MOST_RESTRICTED) is Sight.WHOLE] == [Role.ADMIN]
