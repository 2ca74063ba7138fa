"""What must be well before a process says that it is ready: each check says its problem, or None."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from clearway_platform.process.prerequisites import Prerequisites
from clearway_platform.process.supervision import Supervisor
from clearway_platform.web.operations import Check

_ANSWER_SECONDS: Final = 2


def answers(check: Callable[[], Awaitable[None]]) -> Check:
    """A server answers: `check` raises when it does not."""

    async def found() -> str | None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await check()
        except Exception as error:
            return f"does not answer ({type(error).__name__})"
        return None

    return found


def are_there(prerequisites: Prerequisites) -> Check:
    """Every table and topic exists."""

    async def found() -> str | None:
        return prerequisites.missing

    return found


def workers_run(supervisors: Sequence[Supervisor]) -> Check:
    """No worker has failed and waits for its next start."""

    async def found() -> str | None:
        problems = [(f"{one.service} {name}", why) for one in supervisors for name, why in one.problems.items()]
        return "; ".join(f"{worker}: {why}" for worker, why in problems if why) or None

    return found
