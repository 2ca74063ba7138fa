"""Two keys of one person are one principal, in one mission, however the name was written; the record names nobody."""

from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_testing.manual_clock import ManualClock


async def test_keys_of_one_person_have_one_identity(database_url: str, clock: ManualClock) -> None:
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    keys = SqlKeyDirectory(database, clock)
    radio = await keys.create("unmas", Role.OPERATOR, "radio", "Ann Ba")
    desk = await keys.create("unmas", Role.VERIFIER, "desk", " ann  BA ")
    elsewhere = await keys.create("unmix", Role.VERIFIER, "desk", "Ann Ba")
    other = await keys.create("unmas", Role.VERIFIER, "desk", "Ben Ko")
    nobody = await keys.create("unmas", Role.VERIFIER, "Ann Ba")
    found = [await keys.principal(key.token) for key in (radio, desk, elsewhere, other, nobody)]
    identities = [principal.identity for principal in found if principal is not None]
    assert len(identities) == 5
    assert identities[0] == identities[1]
    assert len(set(identities)) == 4
    assert identities[4] == nobody.principal.id
    assert not any("ann" in identity or "Ba" in identity for identity in identities)
    assert {record.principal.person for record in await keys.list("unmas")} == {"Ann Ba", "ann BA", "Ben Ko", None}
    await database.close()
