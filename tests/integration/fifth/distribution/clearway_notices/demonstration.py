"""The demonstration of the notices: one is posted."""

import httpx

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role


async def play(address: str, keys: SqlKeyDirectory, mission: str) -> None:
    issued = await keys.create(mission, Role.OPERATOR, "demonstration: notices")
    headers = {"Authorization": f"Bearer {issued.token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:
        (await client.post("/v1/notices", json={"text": "Synthetic: a notice"})).raise_for_status()
