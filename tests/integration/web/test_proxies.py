"""Behind an edge the address of a client is the one that a trusted proxy names, and nobody else."""

from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from clearway_testing.platforms import embedded_platform

ALLOWED = 2
WRONG = {"Authorization": "Bearer cwk_0123456789abcdef_nobody"}


@pytest.mark.parametrize(
    ("trusted", "others"),
    [("127.0.0.0/8", [401, 401, 429]), ("192.0.2.0/24", [429, 429, 429])],
    ids=["a trusted proxy", "a stranger"],
)
async def test_failures_are_counted_by_the_address_of_the_client(
    tmp_path: Path, trusted: str, others: list[int]
) -> None:
    settings = {"CLEARWAY_FAILED_AUTHENTICATIONS_PER_MINUTE": str(ALLOWED), "CLEARWAY_TRUSTED_PROXIES": trusted}
    async with AsyncExitStack() as stack:
        platform = await embedded_platform(stack, tmp_path, settings)
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=platform.address("/v1/incidents"), trust_env=False)
        )

        async def attempts(said: str, count: int = ALLOWED + 1) -> list[int]:
            headers = WRONG | {"X-Forwarded-For": said}
            return [(await client.get("/v1/incidents", headers=headers)).status_code for _ in range(count)]

        assert await attempts("198.51.100.7") == [401, 401, 429]
        # What the client itself says of where it comes from stands before what the proxy adds.
        assert await attempts("198.51.100.7, 198.51.100.8") == others
