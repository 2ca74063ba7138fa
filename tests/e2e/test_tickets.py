"""A stream ticket that one process issues opens a stream of another, once, on the rights that services have."""

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_testing.platforms import Platform


@pytest.mark.timeout(240)
async def test_a_ticket_opens_a_stream_of_any_service(platform: Platform) -> None:
    headers = {"Authorization": f"Bearer {await platform.key('unmx', Role.SUBSCRIBER)}"}
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        for path in ("/v1/incident-events", "/v1/alert-events", "/v1/route-events"):
            at = platform.address("/v1/stream-tickets")
            issued = await client.post(f"{at}/v1/stream-tickets", headers=headers)
            assert issued.status_code == 201, issued.text
            ticket = {"ticket": issued.json()["ticket"]}
            async with client.stream("GET", f"{platform.address(path)}{path}", params=ticket) as stream:
                assert stream.status_code == 200
                lines = stream.aiter_lines()
                assert "event: cursor" in [await anext(lines) for _ in range(4)]
            for again in ("/v1/incident-events", "/v1/alert-events", "/v1/route-events"):
                refused = await client.get(f"{platform.address(again)}{again}", params=ticket)
                assert refused.status_code == 401
