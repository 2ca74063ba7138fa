"""In one process, or in one a service: a key says what it may do in all of them, and each says how it is doing."""

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.service import installed_services, permissions_of
from clearway_testing.platforms import Platform
from clearway_testing.plumbing import eventually

STATUS = {"/v1/incident-status": ["incidents"], "/v1/alert-status": ["alerts"], "/v1/route-status": ["analytics"]}
# It hears of routes alone, and there is none.
HEARS_NOTHING = "incidents"


@pytest.mark.timeout(240)
async def test_each_service_says_how_it_is_doing(platform: Platform) -> None:
    headers = {"Authorization": f"Bearer {await platform.key('unmx', Role.OPERATOR)}"}
    async with httpx.AsyncClient(timeout=30, trust_env=False, headers=headers) as client:
        session = (await client.get(f"{platform.address('/v1/session')}/v1/session")).json()
        every = permissions_of(installed_services().values())
        assert session["permissions"] == sorted(one.name for one in every if one.belongs_to(Role.OPERATOR))

        async def is_at_rest(path: str) -> bool:
            found = (await client.get(f"{platform.address(path)}{path}")).json()
            assert [one["consumer"] for one in found["consumers"]] == STATUS[path]
            assert found["workers"]
            at_rest = all(one["waits"] is False for one in found["consumers"])
            heard = [one for one in found["consumers"] if one["consumer"] != HEARS_NOTHING]
            at_rest = at_rest and all(one["handled_until"] is not None for one in heard)
            return at_rest and all(one["runs"] for one in found["workers"])

        for path in STATUS:
            await eventually(lambda path=path: is_at_rest(path))  # type: ignore[misc]
