"""How a notice reads in `clearway tail`."""

from datetime import UTC, datetime
from typing import Final

from clearway_platform.cli.streams import Data, Description, Names, Stream


async def describe(kind: str, data: Data, _names: Names) -> Description | None:
    return (datetime.now(UTC), [data["text"]]) if kind == "notice.posted" else None


stream: Final = Stream("/v1/notice-events", "green", describe)
